import type { PreviewImage, Progress } from '../jobs/job.ts'
import type { AnnotateRequest } from '../protocol/annotators.ts'
import type { ErrorReply } from '../protocol/errors.ts'
import type { ImageRef } from '../protocol/images.ts'
import type { Job, JobResult } from '../protocol/results.ts'
import type { DeviceReport, MemoryReport, OpenNetwork } from '../protocol/compute.ts'
import type { DeviceChoice, PrecisionChoice } from '../runtime/device.ts'
import type { Mode } from '../runtime/session-options.ts'

/** What an engine works with. */
export interface EngineSettings {
  readonly modelFolders: readonly string[]
  /** Further folders, and what was chosen for models; the server writes it. */
  readonly modelSettings: string
  readonly cacheFolder: string
  readonly blobFolder: string
  readonly device: DeviceChoice
  readonly precision: PrecisionChoice
  /** Bytes that open models may take together. */
  readonly memoryBytes: number
  readonly mode: Mode | 'auto'
  /** Drivers are found by it. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Server → engine: `open` first, once. `run` is a number of the server's making; one job that is tried twice is two runs. */
export type ToEngine =
  | { readonly type: 'open'; readonly settings: EngineSettings }
  | { readonly type: 'warm'; readonly model: string }
  | { readonly type: 'run'; readonly run: number; readonly job: Job }
  | { readonly type: 'annotate'; readonly run: number; readonly request: AnnotateRequest }
  | { readonly type: 'cancel'; readonly run: number }

/** Engine → server. A run ends with exactly one of `done`, `annotated` and `failed`. */
export type FromEngine =
  | { readonly type: 'ready'; readonly device: DeviceReport }
  /** After every run. */
  | { readonly type: 'memory'; readonly memory: MemoryReport; readonly networks: readonly OpenNetwork[] }
  | { readonly type: 'progress'; readonly run: number; readonly progress: Progress }
  | { readonly type: 'preview'; readonly run: number; readonly preview: PreviewImage }
  | { readonly type: 'done'; readonly run: number; readonly result: JobResult }
  | { readonly type: 'annotated'; readonly run: number; readonly image: ImageRef }
  /** `trace` is the stack of a bug, for the log. */
  | {
      readonly type: 'failed'
      readonly run: number
      readonly error: ErrorReply
      readonly trace: string | null
    }

const fromEngine = ['ready', 'memory', 'progress', 'preview', 'done', 'annotated', 'failed']
const toEngine = ['open', 'warm', 'run', 'annotate', 'cancel']

/** Both sides are our own code of one version, so only the type is looked at. */
export const isFromEngine = (message: unknown): message is FromEngine => hasTypeOf(message, fromEngine)
export const isToEngine = (message: unknown): message is ToEngine => hasTypeOf(message, toEngine)

const hasTypeOf = (message: unknown, types: readonly string[]): boolean =>
  typeof message === 'object' &&
  message !== null &&
  'type' in message &&
  typeof message.type === 'string' &&
  types.includes(message.type)
