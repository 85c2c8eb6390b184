import type { Notice } from '../app/notice.ts'
import type { AppState } from '../app/state.ts'
import type { TrackedJob } from '../app/tracked-job.ts'

/** What the page may ask of the editor's script. The first are the panel's actions; they answer when they have begun. */
export const callNames = [
  'connect',
  'change',
  'generate',
  'cancel',
  'moveUp',
  'showVariation',
  'hidePreview',
  'apply',
  'insertDepth',
  'discard',
  'undoDiscard',
  'recall',
  'offerSettings',
  'takeOffered',
  'dismissOffered',
  'dismissNotice',
  'refreshModels',
  'openDownloads',
  'closeDownloads',
  'refreshDownloads',
  'stepDownload',
  'chooseForModel',
  'refreshStatus',
  'revokeToken',
  'addFolder',
  'removeFolder',
  'thumbnail',
  'extensionPicture',
  'pair',
  'diagnose',
  'copy',
  'paste'
] as const
export type CallName = (typeof callNames)[number]

/** From the page. `page` names one load of it: after a reload nothing meant for the old one counts. */
export type PageMessage = { readonly page: string } & (
  | { readonly type: 'hello' }
  | {
      readonly type: 'call'
      readonly id: number
      readonly name: CallName
      readonly argument: unknown
    }
  /** The page no longer waits for a reply. */
  | { readonly type: 'abandon'; readonly id: number }
)

export type HostTheme = 'light' | 'dark'

/** What is new since the last message; with `isWhole`, everything. Jobs that are not named stay as they were. */
export interface StateChange {
  readonly isWhole: boolean
  readonly part: Partial<Omit<AppState, 'jobs'>>
  /** Ids of all jobs, where jobs came, went or moved. */
  readonly order: readonly string[] | null
  readonly jobs: readonly TrackedJob[]
}

/** To the page. */
export type HostMessage = { readonly page: string } & (
  | {
      readonly type: 'state'
      /** Counts up by one; a gap means that something was lost. */
      readonly revision: number
      /** Id of the last call that this state knows of. */
      readonly seen: number
      readonly theme: HostTheme
      readonly change: StateChange
    }
  | { readonly type: 'reply'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly notice: Notice }
)

const has = <K extends string>(value: unknown, key: K): value is Readonly<Record<K, unknown>> =>
  typeof value === 'object' && value !== null && key in value

export function isPageMessage(value: unknown): value is PageMessage {
  if (!has(value, 'page') || typeof value.page !== 'string' || !has(value, 'type')) return false
  if (value.type === 'hello') return true
  if (!has(value, 'id') || !Number.isInteger(value.id)) return false
  return value.type === 'abandon' || (value.type === 'call' && has(value, 'name') && isCallName(value.name))
}

/** Both ends come in one package, so a message of a known kind is trusted to be whole. */
export const isHostMessage = (value: unknown): value is HostMessage =>
  has(value, 'page') &&
  typeof value.page === 'string' &&
  has(value, 'type') &&
  (value.type === 'state' || value.type === 'reply' || value.type === 'refusal')

const isCallName = (name: unknown): name is CallName => callNames.some((known) => known === name)
