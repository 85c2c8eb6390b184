import { createContext, useContext } from 'react'
import { useStore } from 'zustand'
import type { Actions } from '../app/actions.ts'
import type { PanelActions } from '../app/panel-actions.ts'
import type { AppState } from '../app/state.ts'
import type { AppStore } from '../app/store.ts'
import type { ExtensionPictures } from './extension-pictures.ts'
import type { Thumbnails } from './thumbnails.ts'

/** What the panel is made of; an entry provides it. */
export interface App {
  readonly store: Pick<AppStore, 'getState' | 'getInitialState' | 'subscribe'>
  readonly actions: PanelActions
  readonly thumbnails: Thumbnails
  /** Absent where the page cannot ask the server for them. */
  readonly extensionPictures?: ExtensionPictures
  /** Takes model files that are dropped on the panel; absent where nothing can be dropped. */
  readonly addModels?: Actions['addModels']
  /** The editor writes picture files itself, and so what the panel says of them counts. */
  readonly writesPictures?: boolean
  /** Whose theme the panel has if none is chosen; by itself, the system's. */
  readonly themedBy?: string
  /** Where the server's API is described, for a link; absent where none can be opened. */
  readonly docsUrl?: string
}

export const AppContext = createContext<App | null>(null)

export function useApp(): App {
  const app = useContext(AppContext)
  if (app === null) throw new Error('Bug: the panel is used outside of AppContext')
  return app
}

/** A part of the state. The selector must give the same object for the same state, so it may pick but not build. */
export function useAppState<T>(select: (state: AppState) => T): T {
  return useStore(useApp().store, select)
}

export const useActions = (): PanelActions => useApp().actions
