import { AppError } from '../errors.ts'
import type { MaskValues } from '../protocol/context.ts'
import type { Rect } from '../protocol/geometry.ts'
import { boundsOf, madeAround } from './around.ts'
import { gaussianBlur, tentBlur } from './blur.ts'
import { dilate, erode } from './morphology.ts'
import type { Gray } from './pixels.ts'
import { resizeGray } from './resize.ts'

/** Values from here on count as fully inside: 0.99 of 255. */
const STABLE = 253

/** What may change, and how much: the selection grown and feathered. All selected stays selected; soft selections stay soft. */
export function denoiseMask(selection: Gray, { grow, feather }: MaskValues): Gray {
  const edge = Math.floor(feather / 2)
  return madeAround(selection, grow + 2 * edge, (part) => {
    const { width, height, data } = tentBlur(dilate(part, grow), edge)
    return { width, height, data: data.map((value) => (value >= STABLE ? 255 : value)) }
  })
}

/**
 * What is shown: as far as the denoise mask reaches, with an edge of its own. For a hard selection that is (denoise mask > 0)
 * eroded by half the edge and blurred; here the same is done to every grey level at once, so that a soft selection is never
 * thresholded. Nowhere less than the selection.
 */
export function compositingMask(selection: Gray, { grow, feather, blend }: MaskValues): Gray {
  const reach = grow + Math.floor(feather / 2)
  return madeAround(selection, reach + blend, (part) =>
    softened(erode(dilate(part, reach), Math.floor(blend / 2)), blend)
  )
}

/** A soft edge that does not leave the mask; the picture's own border has none. */
export const softenedInside = (mask: Gray, blend: number): Gray =>
  madeAround(mask, blend, (part) => {
    const inner = softened(erode(part, Math.floor(blend / 2)), blend)
    return { ...inner, data: inner.data.map((value, i) => Math.min(value, part.data[i]!)) }
  })

/** OpenCV's rule for a Gaussian of this width. */
function softened(mask: Gray, blend: number): Gray {
  const size = 2 * Math.floor(blend / 2) + 1
  return gaussianBlur(mask, Math.floor(blend / 2), 0.3 * (size - 1) + 0.8)
}

/** The smallest rectangle that holds all that is selected. Throws AppError 'selection-empty'. */
export function selectedBounds(selection: Gray): Rect {
  const bounds = boundsOf(selection)
  if (bounds !== null) return bounds
  throw new AppError('selection-empty', {
    message: `Nothing is selected in the area of ${selection.width} × ${selection.height} pixels.`,
    hint: 'Draw a selection, or deselect to work on the whole picture.'
  })
}

/** Where a picture shows nothing: 255 − alpha. */
export function emptiness(alphaOf: { width: number; height: number; data: Uint8ClampedArray }): Gray {
  const data = new Uint8Array(alphaOf.width * alphaOf.height)
  for (let i = 0; i < data.length; i++) data[i] = 255 - alphaOf.data[4 * i + 3]!
  return { width: alphaOf.width, height: alphaOf.height, data }
}

/** The greater of two masks of one size at every pixel. */
export const union = (a: Gray, b: Gray): Gray => ({
  ...a,
  data: a.data.map((value, i) => Math.max(value, b.data[i]!))
})

export const intersection = (a: Gray, b: Gray): Gray => ({
  ...a,
  data: a.data.map((value, i) => Math.min(value, b.data[i]!))
})

/**
 * The mask at latent size, [1, 1, h, w] in 0…1: the greatest value of each square of `downscale` pixels, so that thin
 * selections do not vanish.
 */
export function latentMask({ width, height, data }: Gray, downscale: number) {
  const [w, h] = [width / downscale, height / downscale]
  const out = new Float32Array(w * h)
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const at = Math.floor(y / downscale) * w + Math.floor(x / downscale)
      const value = data[i]! / 255
      if (value > out[at]!) out[at] = value
    }
  return { data: out, dims: [1, 1, h, w] }
}

/** The mask at latent size as the web UI has it, [1, 1, h, w]: Pillow's bicubic, and where that is asked for 0 or 1. */
export function webuiLatentMask(mask: Gray, downscale: number, rounded: boolean) {
  const [w, h] = [mask.width / downscale, mask.height / downscale]
  const { data } = resizeGray(mask, { width: w, height: h }, 'bicubic')
  return {
    data: Float32Array.from(data, (value) => (rounded ? Math.round(value / 255) : value / 255)),
    dims: [1, 1, h, w]
  }
}

/** What the web UI tells inpainting models of the mask, [1, 1, h, w] of 0 or 1: the first pixel of every square. */
export function webuiMaskChannel({ width, height, data }: Gray, downscale: number) {
  const [w, h] = [width / downscale, height / downscale]
  const channel = Float32Array.from({ length: w * h }, (_, i) =>
    Math.round(data[downscale * (Math.floor(i / w) * width + (i % w))]! / 255)
  )
  return { data: channel, dims: [1, 1, h, w] }
}
