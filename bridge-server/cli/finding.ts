import type { Config } from '../config.ts'
import type { Terminal } from './command.ts'

/** What is looked at, and with what. */
export interface Patient {
  readonly config: Config
  readonly terminal: Terminal
  /** Options that were given, without dashes, with their values. */
  readonly given: ReadonlyMap<string, readonly string[]>
  /** The server of --server; null: this computer's own. */
  readonly server: { readonly url: string; readonly token: string } | null
}

/** What was looked at, and what to do about it. */
export interface Finding {
  readonly name: string
  readonly state: 'ok' | 'warning' | 'problem'
  readonly message: string
  readonly remedy: string | null
}

export const ok = (name: string, message: string): Finding => ({ name, state: 'ok', message, remedy: null })

export const warning = (name: string, message: string, remedy: string): Finding => ({
  name,
  state: 'warning',
  message,
  remedy
})

export const problem = (name: string, message: string, remedy: string): Finding => ({
  name,
  state: 'problem',
  message,
  remedy
})
