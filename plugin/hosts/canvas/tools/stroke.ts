import type { Rect } from '#protocol/geometry.ts'
import { blendPixel, scaleByte } from '../blend.ts'
import { activeLayer, type CanvasDocument } from '../document.ts'
import type { BrushOptions, Colour } from '../editor-state.ts'
import { areaOf, intersection, pixelsAround, shifted, union, type Point } from '../geometry.ts'
import { replaceLayer } from '../layer-edits.ts'
import { toLayer, type Layer } from '../layer.ts'
import { copyTile, eachTile, emptyPlane, isFilled, readPlane, tileArea, tileSize } from '../plane.ts'
import type { Plane, Tile } from '../plane.ts'

/** What a stroke does to the pixels (or the mask) of the active layer. */
export type Paint =
  | { readonly kind: 'colour'; readonly colour: Colour }
  | { readonly kind: 'erase' }
  /** `anywhere`: also outside the selection. */
  | { readonly kind: 'mask'; readonly value: number; readonly anywhere?: true }

/** A brush stroke in the making. */
export interface Stroke {
  /** The document as the stroke has made it. Its touched tiles change in place until `finish`. */
  readonly draft: CanvasDocument
  /** Paints from one document point to another; returns the document area that changed, or null. */
  readonly line: (from: Point, to: Point) => Rect | null
  /** The document after the stroke. The stroke must not be used any more. */
  readonly finish: () => CanvasDocument
}

interface Work {
  readonly tile: Tile
  readonly base: Tile
  /** How much of the stroke lies on each pixel: it only grows, so a stroke never builds up over itself. */
  readonly coverage: Uint8Array
  readonly selected: Uint8Array | null
}

/**
 * Starts a stroke on the active layer, inside the canvas and, unless the paint goes anywhere, inside the selection. A mask stroke on a layer without a mask
 * starts with one that shows everything.
 */
export function startStroke(document: CanvasDocument, brush: BrushOptions, paint: Paint): Stroke | null {
  const layer = activeLayer(document)
  if (layer === null) return null
  const plane = paint.kind === 'mask' ? (layer.mask?.plane ?? emptyPlane(1, 255)) : layer.pixels
  const tiles = new Map(plane.tiles)
  const works = new Map<number, Work>()
  const workOn = (key: number): Work => works.get(key) ?? startWork(key)
  const selection = paint.kind === 'mask' && paint.anywhere === true ? null : document.selection
  const startWork = (key: number): Work => {
    const base = copyTile(plane, key)
    const selected = selection === null ? null : selectedOn(layer, selection, key)
    const work = { tile: base.slice(), base, selected, coverage: new Uint8Array(tileSize * tileSize) }
    works.set(key, work)
    tiles.set(key, work.tile)
    return work
  }
  const draft = withPlane(document, layer, paint, { ...plane, tiles })
  const canvas = toLayer(layer, areaOf(document.canvas))
  const { offset } = layer
  const tip = createTip(brush)
  const painter = pixelPainter(paint, brush.opacity)

  const paintLine = (from: Point, to: Point): Rect | null => {
    const area = intersection(lineArea(from, to, tip.reach), canvas)
    if (area === null) return null
    const parts: (Rect | null)[] = []
    eachTile(area, (key, part) =>
      parts.push(coverLine({ work: workOn(key), key, part, tip, painter }, from, to))
    )
    const changed = parts.reduce(union, null)
    return changed === null ? null : shifted(changed, offset)
  }
  return {
    draft,
    line: (from, to) =>
      paintLine({ x: from.x - offset.x, y: from.y - offset.y }, { x: to.x - offset.x, y: to.y - offset.y }),
    finish: () => {
      for (const key of works.keys()) if (isFilled(tiles.get(key)!, plane.fill)) tiles.delete(key)
      return works.size === 0 ? document : withPlane(document, layer, paint, { ...plane, tiles })
    }
  }
}

const selectedOn = ({ offset }: Layer, selection: Plane, key: number): Uint8Array =>
  readPlane(selection, shifted(tileArea(key), offset))

const withPlane = (document: CanvasDocument, layer: Layer, paint: Paint, plane: Plane): CanvasDocument =>
  replaceLayer(document, layer.id, (each) =>
    paint.kind === 'mask'
      ? { ...each, mask: { plane, enabled: each.mask?.enabled ?? true } }
      : { ...each, pixels: plane }
  )

const lineArea = (from: Point, to: Point, reach: number): Rect =>
  pixelsAround(
    Math.min(from.x, to.x) - reach,
    Math.min(from.y, to.y) - reach,
    Math.max(from.x, to.x) + reach,
    Math.max(from.y, to.y) + reach
  )

interface Tip {
  /** Beyond this distance from the line there is no paint. */
  readonly reach: number
  /** Coverage by the square of the distance, from 0 to `reach`². */
  readonly falloff: Uint8Array
}

const falloffSteps = 4096

function createTip({ size, hardness }: BrushOptions): Tip {
  const reach = size / 2 + 0.5
  // Even the hardest rim fades over a pixel, or it would be jagged.
  const full = Math.max(0, Math.min((size / 2) * hardness, reach - 1))
  const falloff = new Uint8Array(falloffSteps + 1)
  for (let at = 0; at < falloffSteps; at++) {
    const distance = Math.sqrt((at + 0.5) / falloffSteps) * reach
    const rest = Math.max(0, Math.min(1, (reach - distance) / (reach - full)))
    falloff[at] = Math.round(255 * rest * rest * (3 - 2 * rest))
  }
  return { reach, falloff }
}

type PixelPainter = (work: Work, pixel: number, amount: number) => void

interface LinePart {
  readonly work: Work
  readonly key: number
  readonly part: Rect
  readonly tip: Tip
  readonly painter: PixelPainter
}

/**
 * Covers one tile's part of a line. A round tip dragged along a line covers a pixel by its distance to the line, so
 * each pixel is looked at once, whatever the speed of the hand. Returns what it changed, or null: of a large tip that moves a
 * little that is the front alone, and only that must be composited anew.
 */
function coverLine({ work, key, part, tip, painter }: LinePart, from: Point, to: Point): Rect | null {
  const { x: left, y: top } = tileArea(key)
  const { coverage, selected } = work
  const { falloff } = tip
  const dx = to.x - from.x
  const dy = to.y - from.y
  const length2 = dx * dx + dy * dy
  const steps = falloffSteps / (tip.reach * tip.reach)
  const changed = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity }
  for (let y = part.y; y < part.y + part.height; y++) {
    const py = y + 0.5 - from.y
    const row = (y - top) * tileSize - left
    let first = Infinity
    let last = -Infinity
    for (let x = part.x; x < part.x + part.width; x++) {
      const px = x + 0.5 - from.x
      let along = length2 === 0 ? 0 : (px * dx + py * dy) / length2
      along = along < 0 ? 0 : along > 1 ? 1 : along
      const ex = px - along * dx
      const ey = py - along * dy
      const step = (ex * ex + ey * ey) * steps
      if (step >= falloffSteps) continue
      const amount = falloff[step | 0]!
      const pixel = row + x
      if (amount <= coverage[pixel]!) continue
      coverage[pixel] = amount
      if (first === Infinity) first = x
      last = x
      painter(work, pixel, selected === null ? amount : scaleByte(amount, selected[pixel]!))
    }
    if (first === Infinity) continue
    changed.left = Math.min(changed.left, first)
    changed.right = Math.max(changed.right, last)
    changed.top = Math.min(changed.top, y)
    changed.bottom = y
  }
  return changed.left > changed.right
    ? null
    : pixelsAround(changed.left, changed.top, changed.right + 1, changed.bottom + 1)
}

function pixelPainter(paint: Paint, opacity: number): PixelPainter {
  const strength = Math.round(opacity * 255)
  switch (paint.kind) {
    case 'colour':
      return colourPainter(Uint8Array.of(...paint.colour, 255), strength)
    case 'erase':
      return (work, pixel, amount) => {
        const at = pixel * 4
        const alpha = scaleByte(work.base[at + 3]!, 255 - scaleByte(amount, strength))
        if (alpha === 0) work.tile.fill(0, at, at + 4)
        else work.tile[at + 3] = alpha
      }
    case 'mask':
      return ({ tile, base }, pixel, amount) => {
        const change = (paint.value - base[pixel]!) * scaleByte(amount, strength)
        tile[pixel] = base[pixel]! + Math.round(change / 255)
      }
  }
}

function colourPainter(colour: Uint8Array, strength: number): PixelPainter {
  const over = { alpha: 0, mode: 'normal' as const }
  return ({ tile, base }, pixel, amount) => {
    over.alpha = scaleByte(amount, strength)
    if (over.alpha === 0) return
    const at = pixel * 4
    for (let channel = at; channel < at + 4; channel++) tile[channel] = base[channel]!
    blendPixel(tile, at, colour, 0, over)
  }
}
