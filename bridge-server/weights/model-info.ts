import path from 'node:path'
import { AppError } from '../errors.ts'
import type { Dtype, WeightSource } from '../graph/weight.ts'
import type { ModelDefaults, ModelInfo, Prediction } from '../protocol/catalogue.ts'
import type { Family } from '../protocol/family.ts'
import { shownName } from './tensor-table.ts'

export type Distillation = ModelInfo['distillation']
export type Conditioning = ModelInfo['conditioning']

/** What the readers of all layouts know of a model. */
export interface ModelFacts {
  /** Absolute path of the file or folder. */
  readonly file: string
  readonly family: Family
  readonly conditioning: Conditioning
  readonly distillation: Distillation
  readonly prediction: Prediction
  readonly nativeSize: number
  /** Positions of the text encoder, start and end token among them. */
  readonly textPositions: number
  readonly hasDepthEstimator: boolean
  readonly unet: WeightSource
  readonly bytes: number
  readonly clipSkip: number
}

/** The id is the file's stem; a library of several folders gives its own. */
export const modelInfo = (facts: ModelFacts): ModelInfo => ({
  id: stemOf(facts.file),
  name: displayName(facts.file),
  family: facts.family,
  conditioning: facts.conditioning,
  distillation: facts.distillation,
  prediction: facts.prediction,
  nativeSize: facts.nativeSize,
  chunkTokens: facts.textPositions - 2,
  hasDepthEstimator: facts.hasDepthEstimator,
  precision: precisionOf(facts.unet),
  bytes: facts.bytes,
  sha256: null,
  defaults: defaultsOf(facts)
})

const extensions = /\.(safetensors|ckpt|pth?|bin)$/i

/** File name without its extension; a folder's name as it is. */
export const stemOf = (file: string): string => path.basename(file).replace(extensions, '')

/** “dreamshaper_8-inpainting.fp16” → “Dreamshaper 8 inpainting fp16”. */
export function displayName(file: string): string {
  const words = stemOf(file)
    .replace(/[_\-\s]+/g, ' ')
    .replace(/\.(?=\D)/g, ' ')
    .trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** What the UNet's input channels beyond the four latents are for. */
export function conditioningOf(file: string, inputChannels: number): Conditioning {
  if (inputChannels === 4) return 'none'
  if (inputChannels === 5) return 'depth'
  if (inputChannels === 9) return 'inpaint'
  const guess = { 7: ' (an upscaler)', 8: ' (InstructPix2Pix)', 16: ' (not a Stable Diffusion 1, 2 or XL)' }[
    inputChannels
  ]
  throw new AppError('model-unsupported', {
    message: `${shownName(file)} has a UNet with ${inputChannels} input channels${guess ?? ''}; Marquee runs 4, 5 (depth) and 9 (inpainting).`,
    hint: 'Choose a text-to-image, inpainting or depth model.'
  })
}

/** Takes the guidance scale in, in the UNets of latent consistency models that were distilled with it. */
export const GUIDANCE_WEIGHT = 'time_embed.cond_proj.weight'

export const embedsGuidance = (unet: WeightSource): boolean => unet.get(GUIDANCE_WEIGHT) !== undefined

/** What makers write into names: an XL Turbo, an LCM, a Lightning or Hyper model. */
export function distillationHint(text: string): Distillation {
  if (/(^|[^a-z])lcm([^a-z]|$)|latentconsistency/i.test(text)) return 'lcm'
  if (/lightning|(^|[^a-z])hyper(sd|[^a-z]|$)/i.test(text)) return 'lightning'
  return /turbo/i.test(text) ? 'turbo' : 'none'
}

const labels: Readonly<Record<Dtype, string>> = {
  f32: 'fp32',
  f16: 'fp16',
  bf16: 'bf16',
  f8e4m3: 'fp8 e4m3',
  f8e5m2: 'fp8 e5m2',
  i64: 'int64',
  i32: 'int32',
  u8: 'uint8'
}

/** The dtype that most of the UNet's bytes have. */
function precisionOf(unet: WeightSource): string {
  const bytes = new Map<Dtype, number>()
  for (const name of unet.names) {
    const weight = unet.get(name)
    if (weight !== undefined) bytes.set(weight.dtype, (bytes.get(weight.dtype) ?? 0) + weight.length)
  }
  const most = [...bytes].sort((a, b) => b[1] - a[1])[0]
  return most === undefined ? 'empty' : labels[most[0]]
}

/** Settings the makers of each kind of model recommend. */
function defaultsOf({ file, family, distillation, nativeSize, clipSkip, unet }: ModelFacts): ModelDefaults {
  const usual = { sampler: 'dpmpp-2m', schedule: 'karras', clipSkip }
  switch (distillation) {
    case 'turbo':
      return { sampler: 'euler-a', schedule: 'turbo', steps: 4, guidance: 1, clipSkip }
    case 'lightning':
      return {
        sampler: 'euler',
        schedule: 'sgm-uniform',
        steps: stepsInName(file) ?? 4,
        guidance: 1,
        clipSkip
      }
    case 'lcm':
      return {
        sampler: 'lcm',
        schedule: 'sgm-uniform',
        steps: 6,
        guidance: embedsGuidance(unet) ? 8 : 1.5,
        clipSkip
      }
    case 'none':
      if (family === 'sdxl' || family === 'sdxl-refiner') return { ...usual, steps: 25, guidance: 6 }
      // Models of small pictures lose their colours under the guidance that suits large ones.
      return { ...usual, steps: 20, guidance: nativeSize < 256 ? 4 : 7 }
  }
}

/** Lightning models are made for one number of steps each: “…_8step”. */
function stepsInName(file: string): number | null {
  const steps = /(?:^|\D)(\d{1,2})[-_ ]?steps?(?:[^a-z]|$)/i.exec(stemOf(file))?.[1]
  return steps === undefined || Number(steps) === 0 ? null : Number(steps)
}
