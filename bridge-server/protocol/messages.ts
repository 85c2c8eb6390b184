import { ErrorReply } from './errors.ts'
import { Rect } from './geometry.ts'
import { ImageRef } from './images.ts'
import { GenerateRequest } from './request.ts'
import { JobResult } from './results.ts'
import { Integer, Literal, Null, Num, Optional, Struct, Text, Union, type Static } from './schema.ts'

/** Rises when an older client could misread a newer server or the other way round. */
export const PROTOCOL_VERSION = 1

/** A job's id is the client's own making (a UUID is good). Sending the same id and request twice is harmless. */
export const JobId = Text({ pattern: '^[A-Za-z0-9_-]{8,64}$' })

/** First message of a client. `client` is kept by the panel over reloads; jobs belong to it. */
export const Hello = Struct({
  type: Literal('hello'),
  protocol: Integer(),
  token: Text({ maxLength: 256 }),
  client: Text({ pattern: '^[A-Za-z0-9_-]{8,64}$' })
})
export const Generate = Struct({ type: Literal('generate'), jobId: JobId, request: GenerateRequest })
export const Cancel = Struct({ type: Literal('cancel'), jobId: JobId })
/** Moves a waiting job; position 1 is next. */
export const Reorder = Struct({ type: Literal('reorder'), jobId: JobId, position: Integer({ minimum: 1 }) })

/** Client → server, by type. */
export const clientMessages = { hello: Hello, generate: Generate, cancel: Cancel, reorder: Reorder } as const
export type ClientMessage =
  Static<typeof Hello> | Static<typeof Generate> | Static<typeof Cancel> | Static<typeof Reorder>

/** What the engine is doing; a job walks through these in order, some repeated for each variation. */
export const Phase = Union([
  Literal('loading'),
  Literal('encoding'),
  Literal('depth'),
  Literal('sampling'),
  Literal('upscaling'),
  Literal('decoding'),
  Literal('storing')
])
export type Phase = Static<typeof Phase>

/**
 * Server → client. After `welcome` the server repeats where each unfinished job of this client stands.
 * A job sends `queued` (again whenever its place changes), `started`, `progress` and `preview` any number of times,
 * then exactly one of `done`, `failed`, `cancelled`.
 */
export const ServerMessage = Union([
  Struct({ type: Literal('welcome'), protocol: Integer(), version: Text(), device: Text() }),
  Struct({ type: Literal('queued'), jobId: Text(), position: Integer() }),
  Struct({ type: Literal('started'), jobId: Text() }),
  Struct({
    type: Literal('progress'),
    jobId: Text(),
    phase: Phase,
    /** 0-based variation being made, of `variations`. */
    variation: Integer(),
    variations: Integer(),
    /** Steps done of all variations and passes together; tiles of an upscaler count as steps in mode `upscale`. */
    step: Integer(),
    steps: Integer(),
    /** Time left; null until it can be told. */
    etaSeconds: Union([Num(), Null()])
  }),
  /** A rough look at what is being made; `image` is `rgba8`, to be stretched over `area`. Fetch it as any image of the job. */
  Struct({ type: Literal('preview'), jobId: Text(), variation: Integer(), area: Rect, image: ImageRef }),
  Struct({ type: Literal('done'), jobId: Text(), result: JobResult }),
  Struct({ type: Literal('failed'), jobId: Text(), error: ErrorReply }),
  Struct({ type: Literal('cancelled'), jobId: Text() }),
  /** A message that could not be taken; the connection stays open unless it was `hello`. */
  Struct({ type: Literal('error'), jobId: Optional(Text()), error: ErrorReply })
])
export type ServerMessage = Static<typeof ServerMessage>
