import type { Rect, Size } from '#protocol/geometry.ts'
import type { Point } from './geometry.ts'

/** How the document lies in the viewport: document pixel (0, 0) at (x, y) CSS pixels, each `scale` CSS pixels wide. */
export interface View {
  readonly scale: number
  readonly x: number
  readonly y: number
}

const minScale = 1 / 64
const maxScale = 64

export const toDocument = ({ scale, x, y }: View, at: Point): Point => ({
  x: (at.x - x) / scale,
  y: (at.y - y) / scale
})

export const toScreen = ({ scale, x, y }: View, at: Point): Point => ({
  x: at.x * scale + x,
  y: at.y * scale + y
})

const margin = 32

/** The whole canvas in the middle, no larger than four times its size. */
export function fittedView(canvas: Size, viewport: Size): View {
  const width = Math.max(1, viewport.width - 2 * margin)
  const height = Math.max(1, viewport.height - 2 * margin)
  return centredView(canvas, viewport, Math.min(4, width / canvas.width, height / canvas.height))
}

/** The canvas in the middle at a scale. */
export function centredView(canvas: Size, viewport: Size, scale: number): View {
  const bounded = Math.max(minScale, Math.min(maxScale, scale))
  return {
    scale: bounded,
    x: Math.round((viewport.width - canvas.width * bounded) / 2),
    y: Math.round((viewport.height - canvas.height * bounded) / 2)
  }
}

/** Scaled by `factor`, the viewport's point `at` staying where it is. */
export function zoomedView({ scale, x, y }: View, at: Point, factor: number): View {
  const next = Math.max(minScale, Math.min(maxScale, scale * factor))
  const ratio = next / scale
  return { scale: next, x: at.x - (at.x - x) * ratio, y: at.y - (at.y - y) * ratio }
}

/** An area of the document in the viewport, not rounded. */
export const screenArea = (view: View, { x, y, width, height }: Rect): Rect => ({
  ...toScreen(view, { x, y }),
  width: width * view.scale,
  height: height * view.scale
})
