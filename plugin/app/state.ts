import type { Catalogue } from '#protocol/catalogue.ts'
import type { DownloadKind, DownloadList } from '#protocol/downloads.ts'
import type { PromptQuestion, PromptReport } from '#protocol/prompt.ts'
import type { GenerateRequest } from '#protocol/request.ts'
import type { Job } from '#protocol/results.ts'
import type { ServerStatus } from '#protocol/status.ts'
import type { Notice } from './notice.ts'
import type { ConnectionStatus } from '../client/connection.ts'
import { offeredIntent, type DocumentView } from './document-view.ts'
import type { Intent } from './intents.ts'
import type { Settings } from './settings.ts'
import type { JobMessage, TrackedJob } from './tracked-job.ts'

/** One variation of one result. */
export interface VariationId {
  readonly jobId: string
  readonly variation: number
}

export interface OpenResult extends VariationId {
  /** The chosen variation is shown over the document. */
  readonly isShown: boolean
  /** A person chose it, so a newer result does not take its place. */
  readonly byHand: boolean
}

export interface PromptsRead {
  /** With the texts that the report is about. */
  readonly question: PromptQuestion
  readonly report: PromptReport
}

/** What a picture, or a text, says of how it was made: `parameters` in the web UI's words. */
export interface PictureTold {
  readonly name: string
  readonly parameters: string
}

/** All of the panel's state. */
export interface AppState {
  readonly connection: ConnectionStatus
  /** Null until the server has told. */
  readonly catalogue: Catalogue | null
  /** Null until somebody asked. */
  readonly downloads: DownloadList | null
  /** What can be downloaded is laid out, all of it or one kind; null: it is not. */
  readonly downloadsShown: { readonly kind: DownloadKind | null } | null
  /** Null until somebody asked. */
  readonly status: ServerStatus | null
  readonly document: DocumentView | null
  readonly settings: Settings
  /** How the model reads the prompts of a moment ago; null while nobody has told. */
  readonly promptsRead: PromptsRead | null
  /** Names of model files that are being sent. */
  readonly adding: readonly string[]
  /** Newest first, of any document. */
  readonly jobs: readonly TrackedJob[]
  /** The result whose variations are laid out, and the one chosen among them. */
  readonly open: OpenResult | null
  /** Presses of the primary button whose pixels are being read. */
  readonly reading: number
  /** Layers are being made. */
  readonly isApplying: boolean
  /** The result that "Undo" brings back. */
  readonly lastDiscarded: string | null
  readonly notice: Notice | null
  /** A picture that was opened says how it was made. */
  readonly told: PictureTold | null
}

export type AppEvent = PanelEvent | ModelEvent | JobEvent

export type PanelEvent =
  | { readonly type: 'connection-changed'; readonly connection: ConnectionStatus }
  | { readonly type: 'document-viewed'; readonly document: DocumentView | null }
  | { readonly type: 'settings-changed'; readonly change: Partial<Settings> }
  | { readonly type: 'reading-began' }
  | { readonly type: 'reading-ended' }
  | { readonly type: 'variation-shown'; readonly shown: VariationId }
  | { readonly type: 'preview-hidden' }
  | { readonly type: 'applying-began' }
  | { readonly type: 'applying-ended'; readonly isApplied: boolean }
  | { readonly type: 'noticed'; readonly notice: Notice | null }
  | { readonly type: 'status-loaded'; readonly status: ServerStatus }
  | { readonly type: 'picture-told'; readonly told: PictureTold | null }

/** What is heard of models, and from them. */
export type ModelEvent =
  | { readonly type: 'catalogue-loaded'; readonly catalogue: Catalogue }
  | { readonly type: 'downloads-loaded'; readonly downloads: DownloadList }
  | { readonly type: 'downloads-opened'; readonly kind: DownloadKind | null }
  | { readonly type: 'downloads-closed' }
  | { readonly type: 'prompts-read'; readonly promptsRead: PromptsRead | null }
  | { readonly type: 'model-adding'; readonly name: string }
  | { readonly type: 'model-added'; readonly name: string }

/** What happens to jobs and results. */
export type JobEvent =
  | {
      readonly type: 'job-sent'
      readonly jobId: string
      readonly request: GenerateRequest
      readonly created: number
    }
  | { readonly type: 'job-failed-here'; readonly jobId: string; readonly error: unknown }
  | { readonly type: 'job-cancelled-here'; readonly jobId: string }
  | { readonly type: 'cancel-pressed'; readonly jobId: string }
  | {
      readonly type: 'jobs-loaded'
      readonly documentId: string
      readonly jobs: readonly Job[]
      readonly isAll: boolean
    }
  | { readonly type: 'job-spoken-of'; readonly message: JobMessage }
  | { readonly type: 'discarded'; readonly jobId: string }
  | { readonly type: 'discard-undone'; readonly jobId: string }
  | { readonly type: 'removed'; readonly jobId: string }

export const initialState = (settings: Settings): AppState => ({
  connection: { state: 'connecting' },
  catalogue: null,
  downloads: null,
  downloadsShown: null,
  status: null,
  document: null,
  settings,
  promptsRead: null,
  adding: [],
  jobs: [],
  open: null,
  reading: 0,
  isApplying: false,
  lastDiscarded: null,
  notice: null,
  told: null
})

/** What a press of the primary button means: what a person chose, else what the document offers. */
export const intentInForce = ({ settings, document }: Pick<AppState, 'settings' | 'document'>): Intent =>
  settings.intent ?? offeredIntent(document)
