import type { Rect, Size } from '#protocol/geometry.ts'
import { activeLayer } from './document.ts'
import { seenArea, shownDocument, type EditorState, type Sketch } from './editor-state.ts'
import { areaOf, sameArea, type Point } from './geometry.ts'
import { layerReach } from './layer.ts'
import type { Plane } from './plane.ts'
import { selectionOutline, type Outline } from './selection/outline.ts'
import { handles } from './tools/crop.ts'
import { screenArea, toScreen, type View } from './view-transform.ts'

/** Draws what lies over the picture: the selection's outline, what the model sees, a gesture's sketch, the crop frame, the brush's rim. */
export interface Overlay {
  /** `at` is the pointer in the viewport, null where it is elsewhere; `phase` makes the outline march. */
  readonly draw: (state: EditorState, at: Point | null, phase: number) => void
}

export function createOverlay(context: CanvasRenderingContext2D, stripes: CanvasPattern): Overlay {
  let outlined: { readonly selection: Plane; readonly outline: Outline } | null = null
  let path: { readonly outline: Outline; readonly view: View; readonly path: Path2D } | null = null

  const antsPath = (selection: Plane, view: View): Path2D => {
    if (outlined?.selection !== selection) outlined = { selection, outline: selectionOutline(selection) }
    if (path?.outline !== outlined.outline || path.view !== view)
      path = { outline: outlined.outline, view, path: outlinePath(outlined.outline, view) }
    return path.path
  }

  return {
    draw: (state, at, phase) => {
      const { view, viewport, crop, sketch } = state
      const document = shownDocument(state)
      context.clearRect(0, 0, viewport.width, viewport.height)
      if (document === null) return
      stripes.setTransform(new DOMMatrix().translate(phase, 0))
      context.lineWidth = 1
      if (document.selection !== null && crop === null) {
        context.strokeStyle = stripes
        context.stroke(antsPath(document.selection, view))
      }
      if (sketch === null && crop === null) drawArea(context, state)
      if (sketch !== null) drawSketch(context, { sketch, view, stripes })
      if (crop !== null) drawCrop(context, screenArea(view, crop), viewport)
      if (state.tool === 'move') drawLayerFrame(context, state)
      if (at !== null && paints(state)) drawRim(context, at, (state.brush.size / 2) * view.scale)
    }
  }
}

const paints = ({ tool }: EditorState): boolean =>
  tool === 'brush' || tool === 'eraser' || tool === 'mask-brush'

/** On the middle of screen pixels, where a line one pixel wide is sharp. */
const sharp = (at: number): number => Math.round(at) + 0.5

function outlinePath(outline: Outline, view: View): Path2D {
  const path = new Path2D()
  for (let at = 0; at < outline.length; at += 4) {
    const from = toScreen(view, { x: outline[at]!, y: outline[at + 1]! })
    const to = toScreen(view, { x: outline[at + 2]!, y: outline[at + 3]! })
    path.moveTo(sharp(from.x), sharp(from.y))
    path.lineTo(sharp(to.x), sharp(to.y))
  }
  return path
}

interface SketchScene {
  readonly sketch: Sketch
  readonly view: View
  readonly stripes: CanvasPattern
}

function drawSketch(context: CanvasRenderingContext2D, { sketch, view, stripes }: SketchScene): void {
  context.strokeStyle = stripes
  context.beginPath()
  if (sketch.kind === 'line') {
    for (const point of sketch.points) {
      const { x, y } = toScreen(view, point)
      context.lineTo(x, y)
    }
    context.stroke()
    return
  }
  const { x, y, width, height } = screenArea(view, sketch.area)
  if (sketch.kind === 'rectangle')
    context.rect(sharp(x), sharp(y), sharp(x + width) - sharp(x), sharp(y + height) - sharp(y))
  else context.ellipse(x + width / 2, y + height / 2, width / 2, height / 2, 0, 0, 2 * Math.PI)
  context.stroke()
}

const handleEdge = 9

function drawCrop(context: CanvasRenderingContext2D, frame: Rect, viewport: Size): void {
  context.fillStyle = 'rgb(0 0 0 / 45%)'
  context.beginPath()
  context.rect(0, 0, viewport.width, viewport.height)
  context.rect(frame.x, frame.y, frame.width, frame.height)
  context.fill('evenodd')
  const x = sharp(frame.x)
  const y = sharp(frame.y)
  context.strokeStyle = 'rgb(255 255 255 / 90%)'
  context.strokeRect(x, y, Math.round(frame.width), Math.round(frame.height))
  context.strokeStyle = 'rgb(255 255 255 / 30%)'
  for (const third of [1 / 3, 2 / 3]) {
    context.strokeRect(sharp(frame.x + frame.width * third), y, 0, frame.height)
    context.strokeRect(x, sharp(frame.y + frame.height * third), frame.width, 0)
  }
  drawHandles(context, frame)
}

function drawHandles(context: CanvasRenderingContext2D, frame: Rect): void {
  context.fillStyle = 'white'
  context.strokeStyle = 'rgb(0 0 0 / 70%)'
  for (const handle of handles) {
    const left = sharp(frame.x + (frame.width * (handle.x + 1)) / 2 - handleEdge / 2)
    const top = sharp(frame.y + (frame.height * (handle.y + 1)) / 2 - handleEdge / 2)
    context.fillRect(left, top, handleEdge, handleEdge)
    context.strokeRect(left, top, handleEdge, handleEdge)
  }
}

/**
 * What the model will see: with its tool in hand a frame to drag, else a thin one where that is not the whole canvas, or where a
 * person chose it.
 */
function drawArea(context: CanvasRenderingContext2D, state: EditorState): void {
  const document = shownDocument(state)
  const area = seenArea(state)
  if (document === null || area === null) return
  const isInHand = state.tool === 'area'
  const isSaid = document.area !== null || document.selection !== null
  if (!isInHand && (!isSaid || sameArea(area, areaOf(document.canvas)))) return
  const frame = screenArea(state.view, area)
  const outline = [sharp(frame.x), sharp(frame.y), Math.round(frame.width), Math.round(frame.height)] as const
  for (const [style, dash] of [
    ['rgb(0 0 0 / 55%)', []],
    ['rgb(110 190 255)', [7, 5]]
  ] as const) {
    context.strokeStyle = style
    context.setLineDash(dash)
    context.strokeRect(...outline)
  }
  context.setLineDash([])
  drawAreaLabel(context, frame, `The model sees ${area.width} × ${area.height}`)
  if (isInHand) drawHandles(context, frame)
}

const labelHeight = 18

/** Above the frame, or in it where there is no room above. */
function drawAreaLabel(context: CanvasRenderingContext2D, { x, y, width }: Rect, words: string): void {
  context.font = '11px system-ui, sans-serif'
  const wide = context.measureText(words).width + 12
  if (wide > width) return
  const left = Math.max(0, Math.round(x))
  const top = y >= labelHeight + 4 ? Math.round(y) - labelHeight - 4 : Math.max(0, Math.round(y)) + 6
  context.fillStyle = 'rgb(0 0 0 / 65%)'
  context.fillRect(left, top, wide, labelHeight)
  context.fillStyle = 'rgb(190 225 255)'
  context.textBaseline = 'middle'
  context.fillText(words, left + 6, top + labelHeight / 2 + 0.5)
}

/** Which layer will move: its bounds (or the canvas', where it has no pixels). */
function drawLayerFrame(context: CanvasRenderingContext2D, state: EditorState): void {
  const document = shownDocument(state)
  const layer = document === null ? null : activeLayer(document)
  if (document === null || layer === null) return
  const { x, y, width, height } = screenArea(state.view, layerReach(layer) ?? areaOf(document.canvas))
  context.strokeStyle = 'rgb(38 128 235 / 80%)'
  context.strokeRect(sharp(x), sharp(y), Math.round(width), Math.round(height))
}

/** Dark and light at once, so that it shows on every picture. */
function drawRim(context: CanvasRenderingContext2D, { x, y }: Point, radius: number): void {
  for (const [style, width] of [
    ['rgb(0 0 0 / 60%)', 2.5],
    ['white', 1]
  ] as const) {
    context.strokeStyle = style
    context.lineWidth = width
    context.beginPath()
    context.arc(x, y, Math.max(1, radius), 0, 2 * Math.PI)
    context.stroke()
  }
  context.lineWidth = 1
}
