import { toTensor } from '../image/tensor-pixels.ts'
import type { Rect, Size } from '../protocol/geometry.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { DiffusionModel } from '../runtime/model.ts'
import type { ModelSigmas } from '../sampling/model-sigmas.ts'
import type { SamplingPlan } from '../sampling/plan.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Conditionings } from './conditioning.ts'
import { guidingControls } from './control.ts'
import type { LatentsJob } from './latents.ts'
import { extraChannels } from './model-input.ts'
import type { Pass } from './plan.ts'
import { sizeEmbeddingOf } from './size-embedding.ts'
import type { TileScene } from './tile-scene.ts'
import { latentMasks } from './webui-rules.ts'

/** What all tiles and variations of a pass share. */
export interface PassParts {
  readonly request: GenerateRequest
  readonly model: DiffusionModel
  readonly pass: Pass
  readonly sigmas: ModelSigmas
  readonly plan: SamplingPlan
  readonly conditionings: Conditionings
  readonly signal: AbortSignal
}

/** Where a pass is at work, and what is there. */
export interface Workplace extends TileScene {
  readonly tile: Rect
  /** The depth of the whole picture, [1, 1, H, W] of any size; null for models that take none. */
  readonly depth: Tensor | null
  /** Latents that the first ones hold, where they are not the picture's. */
  readonly latents?: Tensor
}

/** Encodes the picture and lays out what the UNet is told. */
export async function prepare(parts: PassParts, place: Workplace): Promise<LatentsJob> {
  const { request, model, pass, conditionings, sigmas, plan, signal } = parts
  const { tile, picture, mask, depth } = place
  const { guidanceRescale = 0, noise = 'cpu', eta, variationStrength, seedResize } = request.sampling
  const size = { width: tile.width, height: tile.height }
  const small = mask && latentMasks(mask, model.downscale, request.webui)
  const dims = [1, 4, size.height / model.downscale, size.width / model.downscale]
  const channels = await extraChannels(model, {
    ...{ workingSize: size, picture, mask, depth },
    latentMask: small && small.channel,
    part: { of: pass.size, at: tile }
  })
  const latents = await firstLatents(parts, place)
  return {
    ...{ model, sigmas, plan, conditionings, noise, dims, guidanceRescale, signal },
    extra: { channels, sizes: sizeEmbeddingOf(model, size) },
    controls: await guidingControls(model, place.controls, size),
    guidance: pass.guidance,
    ...(eta === undefined ? {} : { eta }),
    ...(variationStrength === undefined ? {} : { variationStrength }),
    ...(seedResize === undefined ? {} : { resizeFrom: latentSize(seedResize, model.downscale) }),
    ...(pass.tiles.length === 1 ? {} : { part: partOf(pass, tile, model.downscale) }),
    picture: latents && latents.data,
    mask: small && forEachChannel(small.sampling, dims),
    differential: request.mask?.differential === true,
    webui: request.webui
  }
}

async function firstLatents(
  { pass, model }: PassParts,
  { picture, latents }: Workplace
): Promise<Tensor | null> {
  if (latents !== undefined) return latents
  return picture === null || pass.from === 'noise' ? null : model.encode(toTensor(picture))
}

/** Where a tile's latents lie in those of the whole. */
const partOf = ({ size }: Pass, { x, y }: Rect, downscale: number) => ({
  of: latentSize(size, downscale),
  left: x / downscale,
  top: y / downscale
})

const latentSize = ({ width, height }: Size, downscale: number) => ({
  height: Math.floor(height / downscale),
  width: Math.floor(width / downscale)
})

/** A mask of one channel for all of them. */
function forEachChannel({ data }: Tensor, [, c = 0]: readonly number[]): Float32Array {
  const all = new Float32Array(c * data.length)
  for (let channel = 0; channel < c; channel++) all.set(data, channel * data.length)
  return all
}
