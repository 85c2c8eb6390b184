import { AppError } from '../errors.ts'
import { normalisedDepth, sampledBicubic } from '../image/depth-map.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import { croppedPlane, toTensor } from '../image/tensor-pixels.ts'
import type { Rect, Size } from '../protocol/geometry.ts'
import type { DiffusionModel } from '../runtime/model.ts'
import { zeros, type Tensor } from '../tensor/tensor.ts'
import type { SizeEmbedding } from './size-embedding.ts'

/** What a UNet is told beside latents and prompt. */
export interface ExtraChannels {
  /** [1, c, h, w] behind the latents; null for a plain model. */
  readonly channels: Tensor | null
  /** XL: what its UNet is told of the pooled text and the picture's size; null for others. */
  readonly sizes: SizeEmbedding | null
}

/** What the extra channels are made of, at working size. */
export interface Given {
  readonly workingSize: Size
  readonly picture: Rgba | null
  /** What may change; null: all of it. From the middle on it counts as masked. */
  readonly mask: Gray | null
  /** The same at latent size, [1, 1, h, w] in 0…1. */
  readonly latentMask: Tensor | null
  /** [1, 1, H, W] of any size and range, near is large. */
  readonly depth: Tensor | null
  /** Where it is a part of a larger picture, whose depth this is, in pixels; absent: it is the whole. */
  readonly part?: { readonly of: Size; readonly at: Rect }
}

/** The extra channels that a model's UNet was trained with: none, mask and masked picture, or depth. */
export async function extraChannels(model: DiffusionModel, given: Given): Promise<Tensor | null> {
  const { inputChannels, downscale, info } = model
  const { width, height } = given.workingSize
  const latentSize = { width: width / downscale, height: height / downscale }
  switch (inputChannels) {
    case 4:
      return null
    case 5:
      return given.depth === null
        ? zeros([1, 1, latentSize.height, latentSize.width])
        : depthChannel(given.depth, latentSize, given.part, downscale)
    case 9:
      return inpaintChannels(model, given)
    default:
      throw new AppError('model-unsupported', {
        message: `The UNet of “${info.name}” takes ${inputChannels} channels; 4, 5 and 9 are known.`,
        hint: 'Choose another model.'
      })
  }
}

/** Normalised over the whole picture, so that neighbouring parts agree. */
function depthChannel(depth: Tensor, size: Size, part: Given['part'], downscale: number): Tensor {
  if (part === undefined) return normalisedDepth(sampledBicubic(depth, size))
  const { of: whole, at } = part
  const [width, height] = [whole.width / downscale, whole.height / downscale]
  const all = normalisedDepth(sampledBicubic(depth, { width, height }))
  const place = { x: at.x / downscale, y: at.y / downscale, ...size }
  return { data: croppedPlane(all.data, width, place), dims: [1, 1, size.height, size.width] }
}

/** Mask, then the latents of the picture with mid grey where it is masked; without a mask all is masked. */
async function inpaintChannels(
  model: DiffusionModel,
  { picture, mask, latentMask, workingSize }: Given
): Promise<Tensor> {
  const { width, height } = workingSize
  const isMasked = picture !== null && mask !== null && latentMask !== null
  const latents = await model.encode(
    isMasked ? maskedOut(toTensor(picture), mask) : zeros([1, 3, height, width])
  )
  const [, c = 0, h = 0, w = 0] = latents.dims
  const channel = isMasked ? latentMask.data.map(Math.round) : new Float32Array(h * w).fill(1)
  return { data: joined([channel, latents.data]), dims: [1, c + 1, h, w] }
}

/** 0 is mid grey. */
function maskedOut({ data, dims }: Tensor, mask: Gray): Tensor {
  const area = mask.data.length
  return { data: data.map((value, i) => (mask.data[i % area]! < 128 ? value : 0)), dims }
}

/** Latents [1, c, h, w] with the extra channels behind them, `n` times over. */
export function inputOf(latents: Tensor, extra: Tensor | null, n: number): Tensor {
  const [, c = 0, h = 0, w = 0] = latents.dims
  const one = extra === null ? latents.data : joined([latents.data, extra.data])
  const channels = c + (extra?.dims[1] ?? 0)
  return { data: joined(Array.from({ length: n }, () => one)), dims: [n, channels, h, w] }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
