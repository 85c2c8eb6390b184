import { interpolated, type Interpolation } from '../image/interpolate.ts'
import type { Size } from '../protocol/geometry.ts'
import type { latentUpscalers } from '../protocol/upscalers.ts'
import type { Tensor } from '../tensor/tensor.ts'

const modes: Readonly<Record<(typeof latentUpscalers)[number]['id'], Interpolation>> = {
  latent: 'bilinear',
  'latent-antialiased': 'bilinear',
  'latent-bicubic': 'bicubic',
  'latent-bicubic-antialiased': 'bicubic-antialiased',
  'latent-nearest': 'nearest',
  'latent-nearest-exact': 'nearest-exact'
}

const modeOf = new Map<string, Interpolation>(Object.entries(modes))

/** Whether an upscaler works on latents rather than on pictures. */
export const isLatentUpscaler = (upscaler: string): boolean => modeOf.has(upscaler)

/** Latents made larger, to a size in latents. */
export const upscaledLatents = (latents: Tensor, size: Size, upscaler: string): Tensor =>
  interpolated(latents, size, modeOf.get(upscaler) ?? 'bilinear')
