import type { Rect, Size } from '../protocol/geometry.ts'
import type { Gray, Rgba } from './pixels.ts'
import { resizeGray, resizeRgba } from './resize.ts'

/** The web UI's resize modes: each side on its own; cut to the new form; put in the middle, its border repeated. */
export type ResizeMode = 'stretch' | 'crop' | 'fill'

/** A picture at another size, by Pillow's Lanczos. */
export function resizedPicture(image: Rgba, size: Size, mode: ResizeMode): Rgba {
  const inner = innerSize(image, size, mode)
  const resized = resizeRgba(image, inner, 'lanczos')
  const data = new Uint8ClampedArray(centred(resized.data, inner, size, 4).buffer)
  return { ...size, data }
}

/** The same of a mask. */
export function resizedMask(mask: Gray, size: Size, mode: ResizeMode): Gray {
  const inner = innerSize(mask, size, mode)
  const resized = resizeGray(mask, inner, 'lanczos')
  return { ...size, data: centred(resized.data, inner, size, 1) }
}

/** The size at which a picture covers another (crop) or lies inside it (fill). */
function innerSize(from: Size, to: Size, mode: ResizeMode): Size {
  if (mode === 'stretch') return to
  const isWider = to.width / to.height > from.width / from.height
  return isWider === (mode === 'crop')
    ? { width: to.width, height: Math.max(1, Math.floor((from.height * to.width) / from.width)) }
    : { width: Math.max(1, Math.floor((from.width * to.height) / from.height)), height: to.height }
}

/** Cut where it is larger than `to`; the border's pixels are repeated where it is smaller. */
function centred(
  data: Uint8Array | Uint8ClampedArray,
  from: Size,
  to: Size,
  channels: number
): Uint8Array<ArrayBuffer> {
  const left = Math.floor(to.width / 2) - Math.floor(from.width / 2)
  const top = Math.floor(to.height / 2) - Math.floor(from.height / 2)
  const inside = (at: number, length: number): number => Math.min(Math.max(at, 0), length - 1)
  const out = new Uint8Array(to.width * to.height * channels)
  for (let y = 0, at = 0; y < to.height; y++) {
    const row = inside(y - top, from.height) * from.width
    for (let x = 0; x < to.width; x++) {
      const source = (row + inside(x - left, from.width)) * channels
      for (let c = 0; c < channels; c++) out[at++] = data[source + c]!
    }
  }
  return out
}

/** A part of a picture. */
export const croppedPicture = ({ width, data }: Rgba, part: Rect): Rgba => ({
  width: part.width,
  height: part.height,
  data: new Uint8ClampedArray(rowsOf(data, width, part, 4).buffer)
})

/** The same of a mask. */
export const croppedMask = ({ width, data }: Gray, part: Rect): Gray => ({
  width: part.width,
  height: part.height,
  data: rowsOf(data, width, part, 1)
})

function rowsOf(
  data: Uint8Array | Uint8ClampedArray,
  stride: number,
  { x, y, width, height }: Rect,
  channels: number
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(width * height * channels)
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * stride + x) * channels
    out.set(data.subarray(from, from + width * channels), row * width * channels)
  }
  return out
}

/** A picture with another on top of it, at a place where it fits. */
export function pasted(
  backdrop: Rgba,
  image: Rgba,
  { x, y }: { readonly x: number; readonly y: number }
): Rgba {
  const data = Uint8ClampedArray.from(backdrop.data)
  for (let row = 0; row < image.height; row++)
    data.set(
      image.data.subarray(4 * row * image.width, 4 * (row + 1) * image.width),
      4 * ((y + row) * backdrop.width + x)
    )
  return { width: backdrop.width, height: backdrop.height, data }
}
