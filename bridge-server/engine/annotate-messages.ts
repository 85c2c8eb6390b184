import type { AnnotateRequest } from '../protocol/annotators.ts'
import type { ErrorReply } from '../protocol/errors.ts'
import type { ImageRef } from '../protocol/images.ts'

/** What the thread is started with. */
export interface ThreadSettings {
  readonly blobFolder: string
}

/** Server → thread, one at a time. */
export type ToThread = AnnotateRequest

/** Thread → server: how the last one ended. `trace` is the stack of a bug, for the log. */
export type FromThread =
  { readonly image: ImageRef } | { readonly error: ErrorReply; readonly trace: string | null }
