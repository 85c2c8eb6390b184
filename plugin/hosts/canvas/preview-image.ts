import type { MaskImage, Preview, RgbaImage } from '../host.ts'
import { context2d } from './tile-cache.ts'

/** The longest edge a preview is composed at; the screen shows no more. */
const longestEdge = 2048

/** A preview as a picture to be drawn over its area: its pixels, seen through its mask, both stretched to one size. */
export function previewImage({ area, pixels, mask }: Preview): OffscreenCanvas {
  const shrink = Math.min(1, longestEdge / Math.max(area.width, area.height))
  const width = Math.max(1, Math.round(area.width * shrink))
  const height = Math.max(1, Math.round(area.height * shrink))
  const canvas = new OffscreenCanvas(width, height)
  const context = context2d(canvas)
  context.imageSmoothingQuality = 'high'
  context.drawImage(canvasOf(pixels), 0, 0, width, height)
  if (mask !== undefined) {
    context.globalCompositeOperation = 'destination-in'
    context.drawImage(canvasOf(alphaOf(mask)), 0, 0, width, height)
  }
  return canvas
}

function canvasOf(image: RgbaImage): OffscreenCanvas {
  const canvas = new OffscreenCanvas(image.width, image.height)
  context2d(canvas).putImageData(new ImageData(image.data, image.width, image.height), 0, 0)
  return canvas
}

function alphaOf({ width, height, data: values }: MaskImage): RgbaImage {
  const data = new Uint8ClampedArray(width * height * 4)
  for (let at = 0; at < values.length; at++) data[at * 4 + 3] = values[at]!
  return { width, height, data }
}
