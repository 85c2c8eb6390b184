import { assert } from '../errors.ts'
import type { Size } from '../protocol/geometry.ts'
import type { DiffusionModel } from '../runtime/model.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** [1, width] of a prompt → [1, adm]: the pooled text, and behind it what XL is told about the picture. */
export type SizeEmbedding = (pooled: Tensor | null, isNegative: boolean) => Tensor

/** Ratings of a picture's looks that the refiner is told: of what is wanted and of what is not. */
const GOOD_LOOKS = 6
const BAD_LOOKS = 2.5

/**
 * SDXL's micro-conditioning (Podell et al. 2023, arXiv:2307.01952, section 2.2): original height and width, crop from the top
 * and left, and target height and width, or for the refiner the rating of the looks. Null for models that take none.
 */
export function sizeEmbeddingOf(
  { admChannels, info }: DiffusionModel,
  { width, height }: Size
): SizeEmbedding | null {
  if (admChannels === 0) return null
  const size = [height, width, 0, 0]
  return (pooled, isNegative) => {
    assert(pooled !== null, `${info.name} got a prompt without pooled text`)
    const rest = info.family === 'sdxl-refiner' ? [isNegative ? BAD_LOOKS : GOOD_LOOKS] : [height, width]
    const values = [...size, ...rest]
    const each = (admChannels - pooled.data.length) / values.length
    assert(Number.isInteger(each / 2), `${admChannels} channels for ${values.length} sizes`)
    const data = new Float32Array(admChannels)
    data.set(pooled.data)
    values.forEach((value, i) => data.set(sinusoidal(value, each), pooled.data.length + i * each))
    return { data, dims: [1, admChannels] }
  }
}

/** Cosines, then sines, at frequencies from 1 down to 1/10000: diffusers' `Timesteps` with `flip_sin_to_cos`. */
function sinusoidal(value: number, channels: number): Float32Array {
  const half = channels / 2
  const angles = Array.from({ length: half }, (_, i) => value * Math.exp((-Math.log(10_000) * i) / half))
  return Float32Array.from([...angles.map(Math.cos), ...angles.map(Math.sin)])
}
