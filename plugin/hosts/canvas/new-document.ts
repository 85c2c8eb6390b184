import type { Size } from '#protocol/geometry.ts'
import { createDocument, type CanvasDocument } from './document.ts'
import type { Editor } from './editor.ts'
import { areaOf } from './geometry.ts'
import { emptyLayer, layerFrom } from './layer.ts'

/** What a new document holds: opaque white, or nothing. */
export type Ground = 'white' | 'nothing'

/** A document with one layer. `canvas` has no `sizeProblem`. */
export function newDocument({ newId }: Pick<Editor, 'newId'>, canvas: Size, ground: Ground): CanvasDocument {
  const name = 'Background'
  const layer = ground === 'white' ? layerFrom(newId(), whiteOf(canvas, name)) : emptyLayer(newId(), name)
  return createDocument({ id: newId(), name: 'Untitled', canvas, layers: [layer] })
}

function whiteOf({ width, height }: Size, name: string) {
  const data = new Uint8ClampedArray(width * height * 4).fill(255)
  return { name, area: areaOf({ width, height }), pixels: { width, height, data } }
}
