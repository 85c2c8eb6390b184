import { Integer, List, Literal, Null, Struct, Text, Union, type Static } from './schema.ts'

export const Precision = Union([Literal('fp32'), Literal('fp16')])
export type Precision = Static<typeof Precision>

/** A device that was looked at when the engine started. */
export const DeviceTrial = Struct({
  device: Text(),
  /** `used`; `slow`er than the CPU; `failed` its test, or not there. */
  verdict: Union([Literal('used'), Literal('slow'), Literal('failed')]),
  /** In words. */
  reason: Text()
})
export type DeviceTrial = Static<typeof DeviceTrial>

/** Where the arithmetic happens, and why there. */
export const DeviceReport = Struct({
  /** What was asked for with --device and --precision. */
  asked: Struct({ device: Text(), precision: Union([Precision, Literal('auto')]) }),
  device: Text(),
  precision: Precision,
  /** Why this precision, in words. */
  precisionReason: Text(),
  trials: List(DeviceTrial)
})
export type DeviceReport = Static<typeof DeviceReport>

/** A network that is open now. */
export const OpenNetwork = Struct({
  /** The id of its model, or what it is beside models. */
  owner: Text(),
  network: Text(),
  device: Text(),
  precision: Precision,
  bytes: Integer(),
  /** Why it is not where or not as exact as the others; null: it is. */
  reason: Union([Text(), Null()])
})
export type OpenNetwork = Static<typeof OpenNetwork>

/** Bytes. */
export const MemoryReport = Struct({
  /** What open networks and their work may take together (--memory). */
  limit: Integer(),
  /** What of it other programs left when the last job began. */
  room: Integer(),
  /** What they take, by the budget's own count. */
  networks: Integer(),
  /** What the engine's process takes, mapped files included, now and at its most. */
  process: Integer(),
  peak: Integer()
})
export type MemoryReport = Static<typeof MemoryReport>

/** What computes, in what precision and memory. Nulls: the engine has not started, or not yet said. */
export const ComputeStatus = Struct({
  device: Union([DeviceReport, Null()]),
  memory: Union([MemoryReport, Null()]),
  networks: List(OpenNetwork)
})
export type ComputeStatus = Static<typeof ComputeStatus>
