import { cropGray, cropRgba, pasteRgba } from '../image/crop.ts'
import { composite } from '../image/composite.ts'
import { emptiness, selectedBounds } from '../image/mask.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import { invalid } from '../config-values.ts'
import { areasFor } from '../protocol/context.ts'
import type { Rect, Size } from '../protocol/geometry.ts'
import type { MaskSettings } from '../protocol/request.ts'

/** A document as the command line has it: a picture, and what of it may change. */
export interface Scene {
  readonly canvas: Rgba
  /** Null: everything may change. */
  readonly selection: Gray | null
}

/** The part of a scene that a job is about. */
export interface ScenePart {
  readonly area: Rect
  readonly snapshot: Rgba
  readonly selection: Gray | null
}

interface PartOptions {
  readonly strength: number
  readonly nativeSize: number
  readonly settings: MaskSettings | null
}

/** The selection with the surroundings that the model is to see, as the panel chooses them; without one, all. */
export function partOf(
  { canvas, selection }: Scene,
  { strength, nativeSize, settings }: PartOptions
): ScenePart {
  const { width, height } = canvas
  const area =
    selection === null
      ? { x: 0, y: 0, width, height }
      : areasFor(selectedBounds(selection), canvas, { strength, nativeSize, settings: settings ?? {} })
          .context
  return {
    area,
    snapshot: cropRgba(canvas, area),
    selection: selection === null ? null : cropGray(selection, area)
  }
}

/** What was made in `area`, put over the picture; outside the mask the picture's bytes stay. */
export function applied({ canvas }: Scene, area: Rect, pixels: Rgba, mask: Gray | null): Rgba {
  const patch = mask === null ? pixels : composite(cropRgba(canvas, area), pixels, mask)
  return pasteRgba(canvas, patch, area)
}

const sides = ['left', 'right', 'top', 'bottom'] as const
const mostAdded = 4096

/** `left=64,right=64` as pixels to add on each side. Throws AppError 'settings-invalid'. */
export function readSides(text: string): Readonly<Record<(typeof sides)[number], number>> {
  const added = { left: 0, right: 0, top: 0, bottom: 0 }
  for (const pair of text.split(',')) {
    const [name, pixels = ''] = pair.split('=').map((part) => part.trim())
    const side = sides.find((known) => known === name)
    if (side === undefined || !/^\d+$/.test(pixels) || Number(pixels) > mostAdded)
      throw invalid(
        `--outpaint takes ${sides.join(', ')} with 0 to ${mostAdded} pixels, but has “${pair}”.`,
        'Write it as --outpaint left=64,right=64.'
      )
    added[side] = Number(pixels)
  }
  return added
}

/** The picture on a larger canvas, and the empty part of that; also what is transparent in the picture itself. */
export function extended(picture: Rgba, added: ReturnType<typeof readSides>): Scene {
  const size: Size = {
    width: picture.width + added.left + added.right,
    height: picture.height + added.top + added.bottom
  }
  const empty = { ...size, data: new Uint8ClampedArray(4 * size.width * size.height) }
  const area = { x: added.left, y: added.top, width: picture.width, height: picture.height }
  const canvas = pasteRgba(empty, picture, area)
  const selection = emptiness(canvas)
  if (selection.data.every((value) => value === 0))
    throw invalid(
      'There is nothing to fill: the picture has no transparent part.',
      'Say how much is to be added, as --outpaint left=64,right=64.'
    )
  return { canvas, selection }
}

/** A mask the other way round. */
export const inverted = ({ width, height, data }: Gray): Gray => ({
  width,
  height,
  data: data.map((value) => 255 - value)
})
