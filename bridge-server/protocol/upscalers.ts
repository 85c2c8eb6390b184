import type { Size } from './geometry.ts'
import type { Upscale } from './upscale.ts'

/** Ways to make a picture larger that need no file; the rest of the catalogue's upscalers are networks. */
export const plainUpscalers = [
  { id: 'lanczos', label: 'Lanczos' },
  { id: 'nearest', label: 'Nearest' }
] as const

/**
 * Ways to make latents larger between two passes, by the web UI's names: torch's `interpolate` of that mode. They need a
 * strength of 0.5 or more.
 */
export const latentUpscalers = [
  { id: 'latent', label: 'Latent' },
  { id: 'latent-antialiased', label: 'Latent (antialiased)' },
  { id: 'latent-bicubic', label: 'Latent (bicubic)' },
  { id: 'latent-bicubic-antialiased', label: 'Latent (bicubic antialiased)' },
  { id: 'latent-nearest', label: 'Latent (nearest)' },
  { id: 'latent-nearest-exact', label: 'Latent (nearest-exact)' }
] as const

/** The size of an upscaled area, in pixels. */
export const upscaledSize = (
  { width, height }: Size,
  { factor, size }: Pick<Upscale, 'factor' | 'size'>
): Size =>
  size ?? {
    width: Math.max(1, Math.round(width * factor)),
    height: Math.max(1, Math.round(height * factor))
  }
