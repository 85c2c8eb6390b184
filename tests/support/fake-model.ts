import path from 'node:path'
import { alphasCumprodOf } from '../../bridge-server/tensor/betas.ts'
import type { DiffusionModel, Models, TextEncoder, UnetInput } from '../../bridge-server/runtime/model.ts'
import { zeros, type Tensor } from '../../bridge-server/tensor/tensor.ts'

interface FakeOptions {
  readonly inputChannels?: 4 | 5 | 9
  readonly estimateDepth?: DiffusionModel['estimateDepth']
  readonly tinyDecoder?: Awaited<ReturnType<DiffusionModel['tinyDecoder']>>
  readonly embedsGuidance?: boolean
  /** Colours, −1…1, that the UNet sees in all noise; the masked picture of a 9-channel input when absent. */
  readonly sees?: readonly [number, number, number]
}

export interface FakeModel extends DiffusionModel {
  /** Every call of the UNet, oldest first. */
  readonly calls: readonly UnetInput[]
}

const alphas = alphasCumprodOf({ start: 0.00085, end: 0.012, schedule: 'scaled_linear' })

/**
 * A model of the real interface whose maths can be done by hand: a latent is the mean colour of 8 × 8 pixels, and the UNet
 * takes nine tenths of what is not `sees` for noise.
 */
export function fakeModel({
  inputChannels = 4,
  estimateDepth = null,
  tinyDecoder = null,
  embedsGuidance = false,
  sees
}: FakeOptions = {}): FakeModel {
  const calls: UnetInput[] = []
  const model: FakeModel = {
    calls,
    info: {
      id: 'fake',
      name: 'Fake',
      family: 'sd1',
      conditioning: inputChannels === 9 ? 'inpaint' : inputChannels === 5 ? 'depth' : 'none',
      distillation: 'none',
      prediction: 'epsilon',
      nativeSize: 128,
      chunkTokens: 6,
      hasDepthEstimator: estimateDepth !== null,
      precision: 'f32',
      bytes: 0,
      sha256: null,
      defaults: { sampler: 'euler', schedule: 'normal', steps: 4, guidance: 3, clipSkip: 1 }
    },
    inputChannels,
    admChannels: 0,
    embedsGuidance,
    latentScale: 1,
    downscale: 8,
    alphasCumprod: alphas,
    textEncoders: [textEncoder],
    unet: (input) => {
      calls.push(input)
      return Promise.resolve(noiseIn(input, sees))
    },
    encode: (image) => Promise.resolve(means(image)),
    decode: (latents) => Promise.resolve(squares(latents)),
    estimateDepth,
    controlNets: [],
    with: () => Promise.resolve(model),
    embeddings: () => Promise.resolve([]),
    tinyDecoder: () => Promise.resolve(tinyDecoder)
  }
  return model
}

export const fakeModels = (model: DiffusionModel): Models => ({
  open: () => Promise.resolve(model),
  upscaler: (name) => Promise.reject(new Error(`no upscaler ${name}`)),
  annotator: (kind) => Promise.reject(new Error(`no annotator ${kind}`)),
  look: () => undefined,
  memory: () => ({ limit: 0, room: 0, networks: [] }),
  release: () => Promise.resolve()
})

const textEncoder: TextEncoder = {
  length: 8,
  width: 2,
  vocabulary: 1000,
  startToken: 0,
  endToken: 1,
  padToken: 1,
  tokenizerFolder: path.resolve(import.meta.dirname, '../../models/pocket/tokenizer'),
  encode: (ids) =>
    Promise.resolve({
      hidden: {
        data: Float32Array.from(ids.flatMap((chunk) => [...chunk, ...chunk])),
        dims: [ids.length, 8, 2]
      },
      pooled: null
    })
}

function noiseIn({ x, timesteps }: UnetInput, sees: FakeOptions['sees']): Tensor {
  const [n = 0, c = 0, h = 0, w = 0] = x.dims
  const area = h * w
  const out = zeros([n, 4, h, w])
  for (let i = 0; i < out.data.length; i++) {
    const [picture, channel, at] = [Math.floor(i / (4 * area)), Math.floor(i / area) % 4, i % area]
    const alpha = alphas[Math.round(timesteps[picture]!)]!
    const seen = sees === undefined ? x.data[(picture * c + 5 + channel) * area + at]! : (sees[channel] ?? 0)
    const noisy = x.data[(picture * c + channel) * area + at]!
    out.data[i] = (0.9 * (noisy - Math.sqrt(alpha) * seen)) / Math.sqrt(1 - alpha)
  }
  return out
}

function means({ data, dims }: Tensor): Tensor {
  const [n = 0, c = 0, height = 0, width = 0] = dims
  const out = zeros([n, 4, height / 8, width / 8])
  for (let plane = 0; plane < c; plane++)
    for (let i = 0; i < height * width; i++) {
      const [x, y] = [Math.floor((i % width) / 8), Math.floor(i / width / 8)]
      out.data[((plane * height) / 8) * (width / 8) + y * (width / 8) + x]! +=
        data[plane * height * width + i]! / 64
    }
  return out
}

function squares({ data, dims }: Tensor): Tensor {
  const [, , h = 0, w = 0] = dims
  const out = zeros([1, 3, 8 * h, 8 * w])
  for (let i = 0; i < out.data.length; i++) {
    const [x, y] = [i % (8 * w), Math.floor(i / (8 * w)) % (8 * h)]
    const channel = Math.floor(i / (64 * h * w))
    out.data[i] = data[(channel * h + (y >> 3)) * w + (x >> 3)]!
  }
  return out
}
