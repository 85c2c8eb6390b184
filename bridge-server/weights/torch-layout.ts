import type { TorchTensor } from './torch-objects.ts'
import type { ZipMember } from './zip-file.ts'

/** Far above any model's, whose structure takes about a megabyte. */
export const longestPickle = 64 * 2 ** 20

/** Where a storage's bytes are in the file; `stored` is false for those that must be unpacked first. */
export interface StoragePlace {
  readonly offset: number
  readonly length: number
  readonly stored: boolean
  readonly member: ZipMember | null
}

/** A PyTorch file as it is: named tensors, and where the storages they are views of lie. */
export interface TorchLayout {
  readonly tensors: ReadonlyMap<string, TorchTensor>
  readonly places: ReadonlyMap<string, StoragePlace>
  /** What stands beside the tensors: names, settings. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Row-major without gaps; the stride of a dimension of size 1 does not matter. */
export function isContiguous({ shape, strides }: TorchTensor): boolean {
  let expected = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return shape.includes(0)
    expected *= shape[i]!
  }
  return true
}

export const byteLength = ({ shape, type }: TorchTensor): number =>
  shape.reduce((product, dim) => product * dim, type.bytes)
