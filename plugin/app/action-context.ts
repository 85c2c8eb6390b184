import type { BridgeClient } from '../client/bridge-client.ts'
import type { Host } from '../hosts/host.ts'
import type { AppStore } from './store.ts'

/** What the actions work with; entries give the real ones, tests give fakes. */
export interface ActionContext {
  readonly store: AppStore
  readonly client: BridgeClient
  readonly host: Host
  /** 0 ≤ x < 1. */
  readonly random: () => number
  readonly newId: () => string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Runs `action` after some milliseconds; returns the way to prevent it. */
  readonly later: (milliseconds: number, action: () => void) => () => void
}
