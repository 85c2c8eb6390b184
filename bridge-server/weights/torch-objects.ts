import type { Dtype } from '../graph/weight.ts'
import { forbidden } from './pickle-reader.ts'
import { PickleGlobal, type PickleGlobals } from './pickle.ts'
import { unreadable } from './tensor-table.ts'

/** Numbers in a file that tensors are views of. */
export interface TorchStorage {
  readonly kind: 'storage'
  /** Name of the type without “torch.” and “Storage”, lower case: `float`, `half`, `bfloat16`, …, `untyped`. */
  readonly type: string
  readonly key: string
  /** Numbers, or bytes of an untyped one. */
  readonly count: number
}

export interface TorchTensor {
  readonly kind: 'tensor'
  readonly storage: TorchStorage
  readonly type: TorchType
  /** In numbers. */
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

export interface TorchType {
  readonly name: string
  /** Null: no network can use it. */
  readonly dtype: Dtype | null
  readonly bytes: number
}

const type = (name: string, dtype: Dtype | null, bytes: number): TorchType => ({ name, dtype, bytes })

/** By the name of the storage class, and by the name of the dtype. */
const types: ReadonlyMap<string, TorchType> = new Map(
  Object.entries({
    float: type('float32', 'f32', 4),
    half: type('float16', 'f16', 2),
    bfloat16: type('bfloat16', 'bf16', 2),
    double: type('float64', null, 8),
    long: type('int64', 'i64', 8),
    int: type('int32', 'i32', 4),
    short: type('int16', null, 2),
    char: type('int8', null, 1),
    byte: type('uint8', 'u8', 1),
    bool: type('bool', null, 1),
    untyped: type('uint8', 'u8', 1),
    complexfloat: type('complex64', null, 8),
    complexdouble: type('complex128', null, 16),
    float8_e4m3fn: type('float8_e4m3fn', 'f8e4m3', 1),
    float8_e5m2: type('float8_e5m2', 'f8e5m2', 1)
  }).flatMap(([storage, of]): [string, TorchType][] => [
    [storage, of],
    [of.name, of]
  ])
)

export const typeOf = (name: string): TorchType | undefined => types.get(name)

const storageNames = [
  ...['Float', 'Half', 'BFloat16', 'Double', 'Long', 'Int', 'Short', 'Char', 'Byte', 'Bool'],
  ...['ComplexFloat', 'ComplexDouble']
].map((name) => `torch.${name}Storage`)

/** Values a checkpoint may hold that have nothing to do with its tensors. */
const inert = { kind: 'inert' } as const
const ignore = (): unknown => inert

/**
 * All that files of weights name: torch's tensors and storages, containers, and the few records that training programs
 * leave beside the weights, which become inert values.
 */
export const torchGlobals = (file: string): PickleGlobals =>
  new Map<string, ((args: readonly unknown[]) => unknown) | null>([
    ...storageNames.map((name): [string, null] => [name, null]),
    ['torch.storage.UntypedStorage', null],
    ...[...types.values()].map(({ name }): [string, null] => [`torch.${name}`, null]),
    ['torch._utils._rebuild_tensor', (args) => tensor(file, args)],
    ['torch._utils._rebuild_tensor_v2', (args) => tensor(file, args)],
    ['torch._utils._rebuild_tensor_v3', (args) => tensor(file, args, args[6])],
    ['torch._utils._rebuild_parameter', ([data]) => data],
    ['torch._utils._rebuild_parameter_with_state', ([data]) => data],
    ['torch.Size', ([list]) => list],
    ['torch.device', ignore],
    ['collections.OrderedDict', dict],
    ['collections.defaultdict', () => new Map()],
    ['builtins.set', ([list]) => new Set(Array.isArray(list) ? list : [])],
    ['__builtin__.set', ([list]) => new Set(Array.isArray(list) ? list : [])],
    ['_codecs.encode', ignore],
    ['numpy.dtype', ignore],
    ['numpy.core.multiarray.scalar', ignore],
    ['numpy._core.multiarray.scalar', ignore],
    ['pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint', ignore],
    ['pytorch_lightning.callbacks.ModelCheckpoint', ignore],
    ['torch.nn.modules.container.ParameterDict', () => new Map()]
  ])

/** A ParameterDict, in which the first textual inversions were saved, has what it holds in an attribute. */
export function takeParameters(object: unknown, state: unknown): void {
  const parameters: unknown = state instanceof Map ? state.get('_parameters') : undefined
  if (!(object instanceof Map) || !(parameters instanceof Map)) return
  for (const [name, parameter] of parameters) object.set(name, parameter)
}

/** From nothing, or from a list of pairs. */
function dict([pairs]: readonly unknown[]): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>()
  if (Array.isArray(pairs)) for (const pair of pairs) if (Array.isArray(pair)) map.set(pair[0], pair[1])
  return map
}

/** A persistent id: ('storage', class, key, place, count), in old files with a view of another storage at the end. */
export function storageOf(file: string, id: unknown): TorchStorage {
  const [what, of, key, , count, view] = listOf(id)
  const name = of instanceof PickleGlobal ? of.name : ''
  const kind = /^torch\.(?:storage\.)?(\w+)Storage$/.exec(name)?.[1]?.toLowerCase()
  if (what !== 'storage' || kind === undefined || typeof key !== 'string' || !isCount(count))
    throw unreadable(file, 'its pickle has a persistent id that is not a storage')
  if (view !== undefined && view !== null)
    throw forbidden(file, 'a view of a storage, as only very old files have')
  return { kind: 'storage', type: kind, key, count }
}

function tensor(file: string, args: readonly unknown[], dtype?: unknown): TorchTensor {
  const [storage, offset, size, stride] = args
  const [shape, strides] = [listOf(size), listOf(stride)]
  const name = dtype instanceof PickleGlobal ? dtype.name.replace('torch.', '') : undefined
  if (!isStorage(storage)) throw unreadable(file, 'its pickle has a tensor without a storage')
  const of = typeOf(name ?? storage.type)
  if (of === undefined || !isCount(offset) || !isCounts(shape) || !isCounts(strides))
    throw unreadable(file, `its pickle has a tensor of storage ${storage.key} with an impossible shape`)
  if (shape.length !== strides.length)
    throw unreadable(
      file,
      `its pickle has a tensor with ${shape.length} dimensions and ${strides.length} strides`
    )
  return { kind: 'tensor', storage, type: of, offset, shape, strides }
}

export const isTensor = (value: unknown): value is TorchTensor =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'tensor'
const isStorage = (value: unknown): value is TorchStorage =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'storage'
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
const isCounts = (value: readonly unknown[]): value is readonly number[] => value.every(isCount)
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
