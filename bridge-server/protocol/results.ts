import { ErrorReply } from './errors.ts'
import { Rect, Size } from './geometry.ts'
import { ImageRef } from './images.ts'
import { GenerateRequest } from './request.ts'
import {
  Flag,
  Integer,
  List,
  Literal,
  Null,
  Num,
  Optional,
  Struct,
  Text,
  Union,
  type Static
} from './schema.ts'

/** One picture of a result. */
export const Variation = Struct({
  /** `rgba8` of the result's area, times its `scale`: everything the model made, also outside the mask. */
  pixels: ImageRef,
  seed: Integer({ minimum: 0 }),
  /** Where its noise went by the variation strength; absent without one. */
  variationSeed: Optional(Integer({ minimum: 0 }))
})
export type Variation = Static<typeof Variation>

/**
 * What a finished job leaves. A layer is one variation's pixels at `area` with `mask` as its layer mask. Where there is a `scale`,
 * the pixels are that of the document enlarged so many times: an editor enlarges the document with them, or puts them where the
 * enlarged area begins.
 */
export const JobResult = Struct({
  area: Rect,
  /** How many pixels of a variation stand for one of the area, along each side (sides are rounded); absent: 1. */
  scale: Optional(Num({ minimum: 1 })),
  variations: List(Variation),
  /** The compositing mask, `gray8` of the area's size; absent: the whole area is new. */
  mask: Optional(ImageRef),
  /** The depth map that was used, `gray8` of the area's size. */
  depth: Optional(ImageRef),
  /** Size the model worked at, in pixels. */
  workingSize: Size,
  seconds: Num({ minimum: 0 })
})
export type JobResult = Static<typeof JobResult>

export const JobState = Union([
  Literal('queued'),
  Literal('running'),
  Literal('done'),
  Literal('failed'),
  Literal('cancelled')
])
export type JobState = Static<typeof JobState>

/** A job as its client sees it. Times are milliseconds since 1970. */
export const Job = Struct({
  id: Text(),
  state: JobState,
  request: GenerateRequest,
  created: Integer(),
  started: Union([Integer(), Null()]),
  finished: Union([Integer(), Null()]),
  /** 1 is next; null when it no longer waits. */
  position: Union([Integer(), Null()]),
  result: Union([JobResult, Null()]),
  error: Union([ErrorReply, Null()]),
  /** Kept until a person deletes it; absent where nobody said so. */
  starred: Optional(Flag())
})
export type Job = Static<typeof Job>

/** A job that is kept and cannot be read: its row is damaged, or a newer Marquee made it. It can be deleted. */
export const DamagedJob = Struct({ id: Text(), created: Integer(), error: ErrorReply })
export type DamagedJob = Static<typeof DamagedJob>

/** `GET /api/jobs`: newest first. `damaged` is absent where all can be read. */
export const JobList = Struct({ jobs: List(Job), damaged: Optional(List(DamagedJob)) })
export type JobList = Static<typeof JobList>
