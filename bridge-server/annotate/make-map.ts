import type { Gray, Rgba } from '../image/pixels.ts'
import { resizeGray, resizeRgba } from '../image/resize.ts'
import type { AnnotateRequest, AnnotatorNetwork } from '../protocol/annotators.ts'
import type { Size } from '../protocol/geometry.ts'
import type { Network } from './annotator.ts'
import { annotatorOf, valuesFor } from './registry.ts'

/** Opens a network. Rejects with AppError 'model-missing' where there is none of this kind. */
export type OpenNetwork = (kind: AnnotatorNetwork) => Promise<Network>

/**
 * The map that a request asks for of its image, which stays as it is. Rejects with AppError: 'not-found' for the annotator,
 * 'bad-message' for its parameters, and as `open` does.
 */
export async function makeMap(
  image: Rgba | Gray,
  { annotator: id, parameters = {}, side = Infinity, fullSize = false }: Omit<AnnotateRequest, 'image'>,
  open: OpenNetwork
): Promise<Rgba | Gray> {
  const annotator = annotatorOf(id)
  const values = valuesFor(annotator, parameters)
  const size = sizeAt(image, side)
  const picture = resizedTo(onWhite(image), size)
  const map =
    annotator.needs === null
      ? annotator.annotate(picture, values)
      : await annotator.annotate(picture, values, await open(annotator.needs))
  return fullSize ? stretched(map, image) : map
}

/** The size with this as its longer side; never a larger one. */
function sizeAt({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

const sameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height

const resizedTo = (picture: Rgba, size: Size): Rgba =>
  sameSize(picture, size) ? picture : resizeRgba(picture, size, 'lanczos')

const isGray = (map: Rgba | Gray): map is Gray => map.data instanceof Uint8Array

function stretched(map: Rgba | Gray, { width, height }: Size): Rgba | Gray {
  if (sameSize(map, { width, height })) return map
  return isGray(map)
    ? resizeGray(map, { width, height }, 'bicubic')
    : resizeRgba(map, { width, height }, 'bicubic')
}

/** An image as opaque colours; white is what lies under what is transparent. */
function onWhite(image: Rgba | Gray): Rgba {
  const { width, height } = image
  const out = new Uint8ClampedArray(4 * width * height).fill(255)
  if (isGray(image)) {
    const { data } = image
    for (let i = 0, at = 0; i < data.length; i++, at += 4) out[at] = out[at + 1] = out[at + 2] = data[i]!
    return { width, height, data: out }
  }
  const { data } = image
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3]!
    for (let c = at; c < at + 3; c++)
      out[c] = alpha === 255 ? data[c]! : (data[c]! * alpha + 255 * (255 - alpha)) / 255
  }
  return { width, height, data: out }
}
