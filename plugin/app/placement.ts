import type { Rect } from '#protocol/geometry.ts'
import type { GenerateRequest } from '#protocol/request.ts'
import type { HostDocument } from '../hosts/host.ts'

/** Where an area of a request lies in the document as it is now, which may have been cropped or extended since. */
export function placedNow(
  area: Rect,
  { origin: then }: GenerateRequest,
  { origin: now }: HostDocument
): Rect {
  if (then === undefined || now === undefined) return area
  return { ...area, x: area.x + then.x - now.x, y: area.y + then.y - now.y }
}
