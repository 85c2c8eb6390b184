import { provenanceText } from '#image/provenance.ts'
import { markMade } from '#image/mark-made.ts'
import type { Making, RgbaImage } from '../host.ts'
import { flatten } from './composite.ts'
import type { CanvasDocument } from './document.ts'
import { areaOf } from './geometry.ts'
import type { Layer } from './layer.ts'

/**
 * How the visible picture was made, null where no model had part in it. It is a model's alone only where its layer covers the whole
 * canvas and nothing lies on it.
 */
export function makingOf(document: CanvasDocument): Making | null {
  const visible = document.layers.filter(({ visible, opacity }) => visible && opacity > 0)
  const last = visible.findLast(({ made }) => made !== null)
  if (last === undefined || last.made === null) return null
  const isAlone = last === visible.at(-1) && covers(last, document)
  return isAlone ? last.made : { ...last.made, source: 'compositeWithTrainedAlgorithmicMedia' }
}

function covers(layer: Layer, document: CanvasDocument): boolean {
  if (layer.opacity < 1 || layer.blend !== 'normal') return false
  const { data } = flatten({ ...document, layers: [layer] }, areaOf(document.canvas))
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return false
  return true
}

/** What is left of how two layers were made when they are merged. */
export function mergedMaking(lower: Layer, upper: Layer): Making | null {
  const made = (upper.visible ? upper.made : null) ?? lower.made
  if (made === null || !upper.visible) return made
  return { ...made, source: 'compositeWithTrainedAlgorithmicMedia' }
}

/** `pixels` of the whole document, with the invisible watermark in what a model made of them. */
export function marked(pixels: RgbaImage, document: CanvasDocument): RgbaImage {
  const layers = document.layers.filter(({ made }) => made === null)
  const before = flatten({ ...document, layers }, areaOf(document.canvas))
  const { width, height, data } = markMade(pixels, before)
  return { width, height, data: new Uint8ClampedArray(data) }
}

/** The texts of an exported picture. */
export const textsOf = (made: Making | null): Readonly<Record<string, string>> =>
  made === null ? {} : provenanceText(made.parameters, made.source)
