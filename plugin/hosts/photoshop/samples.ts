import type { RgbaImage } from '../host.ts'
import type { ImageData, Samples } from './photoshop-api.ts'

/** Bits of a channel that the panel reads and writes. */
export type Depth = 8 | 16

/** Photoshop's 16 bits count from 0 to 32768, both inclusive. */
const FULL_16 = 32768

/** Copies what Photoshop gave into `into` (RGBA, 8 bits) with its top-left corner at (x, y). Grey becomes equal channels. */
export function copyToRgba(
  samples: Samples,
  { width, height, components }: Pick<ImageData, 'width' | 'height' | 'components'>,
  into: RgbaImage,
  x: number,
  y: number
): void {
  const scale = scaleTo8(samples)
  const isGrey = components < 3
  const hasAlpha = components === 2 || components === 4
  for (let row = 0; row < height; row++) {
    let from = row * width * components
    let to = ((y + row) * into.width + x) * 4
    for (let column = 0; column < width; column++, from += components, to += 4) {
      // Straight alpha: colour under nothing means nothing, and Photoshop leaves any value there.
      const alpha = hasAlpha ? scale(samples[from + components - 1]!) : 255
      into.data[to + 3] = alpha
      if (alpha === 0) continue
      into.data[to] = scale(samples[from]!)
      into.data[to + 1] = scale(samples[isGrey ? from : from + 1]!)
      into.data[to + 2] = scale(samples[isGrey ? from : from + 2]!)
    }
  }
}

/** The same without a change of numbers, with alpha where the image has none. */
export function copyWithAlpha(
  samples: Samples,
  { width, height, components: from }: Pick<ImageData, 'width' | 'height' | 'components'>,
  into: { readonly width: number; readonly components: number; readonly data: Samples },
  x: number,
  y: number
): void {
  const { components, data } = into
  const opaque = data instanceof Uint8Array ? 255 : FULL_16
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const at = (row * width + column) * from
      const to = ((y + row) * into.width + x + column) * components
      for (let channel = 0; channel < components; channel++)
        data[to + channel] = channel < from ? samples[at + channel]! : opaque
    }
}

/** The same for one channel: masks and selections. */
export function copyToMask(
  samples: Samples,
  size: { readonly width: number; readonly height: number },
  into: { readonly width: number; readonly data: Uint8Array },
  x: number,
  y: number
): void {
  const scale = scaleTo8(samples)
  for (let row = 0; row < size.height; row++)
    for (let column = 0; column < size.width; column++)
      into.data[(y + row) * into.width + x + column] = scale(samples[row * size.width + column]!)
}

/** A band as Photoshop takes it: RGBA, or grey and alpha, in the document's depth. */
export function layerSamples({ width, height, data }: RgbaImage, isGrey: boolean, depth: Depth): Samples {
  const pixels = width * height
  const components = isGrey ? 2 : 4
  const samples = emptySamples(pixels * components, depth)
  const scale = depth === 8 ? 1 : FULL_16 / 255
  for (let pixel = 0, at = 0; pixel < pixels; pixel++, at += 4) {
    const to = pixel * components
    if (isGrey) {
      samples[to] = Math.round(greyOf(data[at]!, data[at + 1]!, data[at + 2]!) * scale)
      samples[to + 1] = Math.round(data[at + 3]! * scale)
    } else
      for (let channel = 0; channel < 4; channel++)
        samples[to + channel] = Math.round(data[at + channel]! * scale)
  }
  return samples
}

/** One channel in the depth asked for. */
export function maskSamples(mask: Uint8Array, depth: Depth): Samples {
  const samples = emptySamples(mask.length, depth)
  for (let at = 0; at < mask.length; at++)
    samples[at] = depth === 8 ? mask[at]! : Math.round((mask[at]! * FULL_16) / 255)
  return samples
}

export const emptySamples = (
  length: number,
  depth: Depth
): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> =>
  depth === 8 ? new Uint8Array(length) : new Uint16Array(length)

/** To 0…255. Photoshop's depth is that of the array. */
function scaleTo8(samples: Samples): (value: number) => number {
  if (samples instanceof Uint8Array) return (value) => value
  if (samples instanceof Uint16Array) return (value) => Math.round((value * 255) / FULL_16)
  return (value) => Math.round(Math.min(1, Math.max(0, value)) * 255)
}

/** sRGB decoded to linear light, for each byte. */
const linear = Float64Array.from({ length: 256 }, (_, byte) => {
  const value = byte / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
})

/** Grey of the same luminance (Rec. 709); a grey colour stays exactly itself. */
function greyOf(red: number, green: number, blue: number): number {
  if (red === green && green === blue) return red
  const light = 0.2126 * linear[red]! + 0.7152 * linear[green]! + 0.0722 * linear[blue]!
  const value = light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055
  return Math.round(value * 255)
}
