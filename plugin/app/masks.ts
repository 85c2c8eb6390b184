import type { Rect, Size } from '#protocol/geometry.ts'
import type { BandedImage, MaskImage } from '../hosts/host.ts'

/** A mask and where it lies in the document. */
export interface PlacedMask {
  readonly bounds: Rect
  readonly mask: MaskImage
}

/** `placed` as seen in `area`: cut off at its edges, 0 where the mask does not reach. */
export function maskIn(area: Rect, { bounds, mask }: PlacedMask): MaskImage {
  const data = new Uint8Array(area.width * area.height)
  const shared = intersected(area, bounds)
  if (shared !== null)
    for (let y = shared.y; y < shared.y + shared.height; y++) {
      const from = (y - bounds.y) * bounds.width + shared.x - bounds.x
      data.set(mask.data.subarray(from, from + shared.width), (y - area.y) * area.width + shared.x - area.x)
    }
  return { width: area.width, height: area.height, data }
}

/** All of the canvas but what a mask holds. */
export function inverted(mask: PlacedMask, canvas: Size): PlacedMask {
  const bounds = { x: 0, y: 0, ...canvas }
  const { data } = maskIn(bounds, mask)
  return { bounds, mask: { ...canvas, data: data.map((value) => 255 - value) } }
}

/** Where a picture shows nothing: 255 - alpha. */
export function emptiness({ width, height, bands }: BandedImage): MaskImage {
  const empty = new Uint8Array(width * height)
  let from = 0
  for (const { data } of bands) {
    const pixels = data.length / 4
    for (let i = 0; i < pixels; i++) empty[from + i] = 255 - (data[i * 4 + 3] ?? 0)
    from += pixels
  }
  return { width, height, data: empty }
}

/** Whether some pixel lies in both masks. */
export function isSharing(a: PlacedMask, b: PlacedMask): boolean {
  const shared = intersected(a.bounds, b.bounds)
  if (shared === null) return false
  const other = maskIn(shared, b)
  return maskIn(shared, a).data.some((value, i) => value > 0 && (other.data[i] ?? 0) > 0)
}

/** The part that two rectangles share, or null. */
export function intersected(a: Rect, b: Rect): Rect | null {
  const x = Math.max(a.x, b.x)
  const y = Math.max(a.y, b.y)
  const width = Math.min(a.x + a.width, b.x + b.width) - x
  const height = Math.min(a.y + a.height, b.y + b.height) - y
  return width > 0 && height > 0 ? { x, y, width, height } : null
}

export const isSameRect = (a: Rect, b: Rect): boolean =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height
