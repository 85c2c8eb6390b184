import { compositeLayers } from '../../plugin/hosts/canvas/composite.ts'
import { createDocument, type CanvasDocument } from '../../plugin/hosts/canvas/document.ts'
import { areaOf } from '../../plugin/hosts/canvas/geometry.ts'
import { emptyLayer, layerFrom } from '../../plugin/hosts/canvas/layer.ts'
import { eachTile, tileSize } from '../../plugin/hosts/canvas/plane.ts'
import { startStroke } from '../../plugin/hosts/canvas/tools/stroke.ts'
import { noise } from '../plugin/hosts/canvas/pictures.ts'

/** Milliseconds for one frame's worth of a brush stroke: painting it and compositing what it spoiled. */
export interface BrushTimes {
  /** Diameter in pixels. */
  readonly brush: number
  readonly median: number
  /** 95 of 100 frames are quicker. */
  readonly slow: number
}

/** Strokes over a canvas of three layers, about 60 pixels a frame on a wide curve, as a quick hand draws. */
export function benchBrush(edge = 4096, brushes: readonly number[] = [24, 100, 300]): readonly BrushTimes[] {
  const document = paintedDocument(edge)
  return brushes.map((brush) => {
    const times = strokeTimes(document, brush, 120).sort((a, b) => a - b)
    return { brush, median: times[60]!, slow: times[114]! }
  })
}

function paintedDocument(edge: number): CanvasDocument {
  const canvas = { width: edge, height: edge }
  const pixels = { ...canvas, data: noise(edge * edge * 4, 1) }
  for (let at = 3; at < pixels.data.length; at += 4) pixels.data[at] = 255
  const ground = layerFrom('ground', { name: 'ground', area: areaOf(canvas), pixels })
  const shade = { ...ground, id: 'shade', opacity: 0.5, blend: 'multiply' as const }
  return createDocument({ id: 'd', name: 'd', canvas, layers: [ground, shade, emptyLayer('paint', 'paint')] })
}

function strokeTimes(document: CanvasDocument, size: number, frames: number): number[] {
  const stroke = startStroke(
    document,
    { size, hardness: 0.8, opacity: 1 },
    { kind: 'colour', colour: [200, 30, 60] }
  )
  if (stroke === null) throw new Error('Bug: nothing to paint on')
  const scratch = { bytes: new Uint8Array(tileSize * tileSize * 4), stride: tileSize }
  const middle = document.canvas.width / 2
  const place = (frame: number) => ({
    x: middle + Math.cos(frame / 20) * middle * 0.6,
    y: middle + Math.sin(frame / 20) * middle * 0.6
  })
  return Array.from({ length: frames }, (_, frame) => {
    const started = performance.now()
    const area = stroke.line(place(frame), place(frame + 1))
    if (area !== null)
      eachTile(area, (_key, part) => {
        scratch.bytes.fill(0)
        compositeLayers(stroke.draft, part, scratch)
      })
    return performance.now() - started
  })
}
