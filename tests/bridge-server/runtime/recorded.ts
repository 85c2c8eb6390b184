import type { DiffusionModel, EncodedText } from '../../../bridge-server/runtime/model.ts'
import type { Tensor } from '../../../bridge-server/tensor/tensor.ts'
import { readArrays } from '../../support/safetensors.ts'

/** Inputs and outputs that PyTorch recorded, by name. */
export interface Recorded {
  has(name: string): boolean
  tensor(name: string): Tensor
  /** Rows of token ids. */
  ids(name: string): readonly Int32Array[]
}

export function readRecorded(file: string): Recorded {
  const arrays = readArrays(file)
  const find = (name: string) => {
    const found = arrays.get(name)
    if (found === undefined) throw new Error(`${file} has no ${name}`)
    return found
  }
  return {
    has: (name) => arrays.has(name),
    tensor(name) {
      const { data, shape } = find(name)
      return { data: Float32Array.from(data), dims: shape }
    },
    ids(name) {
      const { data, shape } = find(name)
      const [rows = 0, length = 0] = shape
      return Array.from({ length: rows }, (_, i) => Int32Array.from(data.slice(i * length, (i + 1) * length)))
    }
  }
}

/** The largest difference over the largest expected value. Float32 sums in another order are some 1e-6 off. */
export function relativeError(actual: Tensor, expected: Tensor): number {
  if (actual.dims.join() !== expected.dims.join()) return Infinity
  let largest = 0
  let difference = 0
  for (let i = 0; i < expected.data.length; i++) {
    largest = Math.max(largest, Math.abs(expected.data[i]!))
    const here = Math.abs(actual.data[i]! - expected.data[i]!)
    if (Number.isNaN(here)) return Infinity
    difference = Math.max(difference, here)
  }
  return difference / largest
}

/** What the reference promises of its own numbers, and the issue asks of ours. */
export const TOLERANCE = 1e-4

export async function encodeText(
  model: DiffusionModel,
  ids: readonly Int32Array[],
  clipSkip?: number,
  index = 0
): Promise<EncodedText> {
  const encoder = model.textEncoders[index]
  if (encoder === undefined) throw new Error(`the model has no text encoder ${index}`)
  return encoder.encode(ids, clipSkip)
}

export const scaled = ({ data, dims }: Tensor, factor: number): Tensor => ({
  data: data.map((x) => x * factor),
  dims
})
