import { createStore } from 'zustand/vanilla'
import { reduce } from './reduce.ts'
import { storedSettings, type Settings } from './settings.ts'
import { initialState, type AppEvent, type AppState } from './state.ts'

/** Holds the one state of the panel. Everything that changes it is an event. */
export interface AppStore {
  readonly getState: () => AppState
  readonly getInitialState: () => AppState
  /** Returns the way to stop. */
  readonly subscribe: (listener: (state: AppState, previous: AppState) => void) => () => void
  readonly dispatch: (event: AppEvent) => void
}

export function createAppStore(settings: Settings): AppStore {
  const { getState, getInitialState, setState, subscribe } = createStore(() => initialState(settings))
  return {
    getState,
    getInitialState,
    subscribe,
    dispatch: (event) => setState((state) => reduce(state, event), true)
  }
}

/** Writes what a person chose whenever it changes. */
export const keepSettings = (store: AppStore, write: (stored: string) => void): (() => void) =>
  store.subscribe(({ settings }, previous) => {
    if (settings !== previous.settings) write(storedSettings(settings))
  })
