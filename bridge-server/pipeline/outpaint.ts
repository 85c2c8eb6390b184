import { AppError } from '../errors.ts'
import { denoiseMask, intersection, selectedBounds, softenedInside, union } from '../image/mask.ts'
import type { Gray } from '../image/pixels.ts'
import { maskValues } from '../protocol/context.ts'
import type { GenerateRequest } from '../protocol/request.ts'

/** By how many document pixels the model may change more than is shown, so that the last old ones do not show in the new. */
const OVERLAP = 8

/**
 * Empty canvas is shown as new exactly as far as it is empty: no old pixel changes. With a selection, only what it holds is
 * filled; where it reaches over old pixels these change too, softly towards its edge and never outside it.
 */
export function outpaintMasks(
  empty: Gray,
  selection: Gray | null,
  { canvas, area, strength, mask }: GenerateRequest
): { readonly denoise: Gray; readonly compositing: Gray } {
  const wanted = selection ?? empty
  if (!wanted.data.some((value) => value > 0))
    throw new AppError('selection-empty', {
      message: `The area of ${area.width} × ${area.height} pixels has no empty canvas to fill.`,
      hint: 'Drag an edge of the canvas outward first, or select what is to be generated.'
    })
  const { x, y, ...size } = selectedBounds(wanted)
  const { blend } = maskValues({ x: area.x + x, y: area.y + y, ...size }, canvas, strength, mask)
  return {
    denoise: denoiseMask(wanted, { grow: OVERLAP, feather: 0, blend: 0, padding: 0 }),
    compositing: union(intersection(empty, wanted), softenedInside(wanted, blend))
  }
}

/** How far the correction of a seam reaches into the new pixels: a quarter of the area's mean side. */
export const seamReach = ({ area }: GenerateRequest): number => (area.width + area.height) / 8
