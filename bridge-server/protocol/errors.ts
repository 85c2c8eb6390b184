import { Literal, Optional, Struct, Text, Union, type Static } from './schema.ts'

/** Every way to fail that a person can act on; `internal` is a bug of ours. */
export const ErrorCode = Union([
  Literal('bad-message'),
  Literal('unknown-message'),
  Literal('protocol-version'),
  Literal('unauthorized'),
  Literal('forbidden-host'),
  Literal('not-found'),
  Literal('too-large'),
  Literal('too-many'),
  Literal('too-slow'),
  Literal('blob-missing'),
  Literal('blob-mismatch'),
  Literal('picture-unreadable'),
  Literal('selection-empty'),
  Literal('model-missing'),
  Literal('model-unreadable'),
  Literal('model-unsupported'),
  Literal('model-incomplete'),
  Literal('model-cannot'),
  Literal('model-exists'),
  Literal('model-outside'),
  Literal('prompt-invalid'),
  Literal('out-of-memory'),
  Literal('disk-full'),
  Literal('engine-died'),
  Literal('device-unavailable'),
  Literal('data-damaged'),
  Literal('data-folder-in-use'),
  Literal('port-in-use'),
  Literal('settings-invalid'),
  Literal('job-conflict'),
  Literal('download-failed'),
  Literal('download-unverified'),
  Literal('internal')
])
export type ErrorCode = Static<typeof ErrorCode>

/** What a person sees: what went wrong, and what to do about it. */
export const ErrorReply = Struct({
  code: ErrorCode,
  message: Text(),
  hint: Optional(Text())
})
export type ErrorReply = Static<typeof ErrorReply>
