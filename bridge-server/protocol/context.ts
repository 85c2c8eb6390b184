import type { Rect, Size } from './geometry.ts'
import type { MaskSettings } from './request.ts'

/** What a person who changed nothing gets: the numbers of `MaskSettings`, which has their units. */
export const defaultMaskSettings: Required<MaskSettings> = {
  feather: 0.1,
  minTransition: 32,
  grow: 4,
  blend: 25,
  padding: 0.06,
  differential: false
}

/** How far the masks of one selection reach, whole document pixels. */
export interface MaskValues {
  /** Width of the denoise mask's soft edge. */
  readonly feather: number
  /** By how much the selection grows before it is feathered. */
  readonly grow: number
  /** Width of the compositing mask's soft edge. */
  readonly blend: number
  /** Room for all of that around the selection. */
  readonly padding: number
}

/** Longest reach of a mask in pixels. */
const LIMIT = 499

/**
 * Scales the settings to the size of the selection and the strength of the change (0…1): a weak change needs less of a
 * transition. A feather of 0 asks for hard masks.
 */
export function maskValues(
  selection: Rect,
  canvas: Size,
  strength: number,
  settings: MaskSettings = {}
): MaskValues {
  const set = { ...defaultMaskSettings, ...settings }
  const { width, height } = clipped(selection, canvas)
  const diagonal = Math.hypot(width, height)
  const reach = Math.max(
    Math.trunc(set.feather * strength * diagonal),
    roundedToEven(set.minTransition * strength)
  )
  const feather = set.feather === 0 ? 0 : Math.min(reach, LIMIT)
  const half = Math.floor(feather / 2)
  const grow = set.feather === 0 ? 0 : Math.min(set.grow + half, LIMIT)
  const blend = set.feather === 0 ? 0 : Math.min(set.blend, grow + half)
  return { feather, grow, blend, padding: feather + set.grow + Math.trunc(set.padding * diagonal) }
}

export interface ContextOptions {
  readonly strength: number
  /** Side of the model's own pictures; the least sizes of both areas follow it. */
  readonly nativeSize: number
  readonly settings?: MaskSettings
}

export interface Areas {
  /** What a selection can change, with the room its masks need. */
  readonly mask: Rect
  /** What the model sees; holds `mask`. */
  readonly context: Rect
}

/**
 * The parts of the canvas that a selection's job is about. Where all may change (strength 1) the model sees more of the
 * surroundings, for nothing else tells it what belongs there.
 */
export function areasFor(
  selection: Rect,
  canvas: Size,
  { strength, nativeSize, settings = {} }: ContextOptions
): Areas {
  const { padding } = maskValues(selection, canvas, strength, settings)
  const inside = clipped(selection, canvas)
  const minimum = Math.round(nativeSize / 2)
  const mask = shiftedInto(canvas, padded(inside, { padding, minimum, multiple: 16 }))
  if (strength < 1) return { mask, context: mask }
  const surroundings = Math.max(
    Math.floor(Math.max(canvas.width, canvas.height) / 16),
    Math.floor((mask.width + mask.height) / 4)
  )
  const wanted = { padding: surroundings, minimum: nativeSize, multiple: 8, square: true }
  return { mask, context: shiftedInto(canvas, padded(mask, wanted)) }
}

interface Padding {
  /** Least distance on each side. */
  readonly padding: number
  /** Least width and height of the whole. */
  readonly minimum?: number
  /** Width and height are rounded up to it. */
  readonly multiple?: number
  /** Pads the longer axis less, so that the whole comes nearer to a square. */
  readonly square?: boolean
}

/** `rect` with room around it. What rounding adds goes to both sides, an odd pixel to the right and bottom. */
export function padded(
  { x, y, width, height }: Rect,
  { padding, minimum = 0, multiple = 1, square = false }: Padding
): Rect {
  const axis = (start: number, size: number, other: number): readonly [number, number] => {
    const room = square
      ? Math.min(padding, Math.max(Math.floor(padding / 2), padding - Math.floor((size - other) / 2)))
      : padding
    const whole = Math.ceil(Math.max(size + 2 * room, minimum) / multiple) * multiple
    return [start - Math.floor((whole - size) / 2), whole]
  }
  const [left, wide] = axis(x, width, height)
  const [top, high] = axis(y, height, width)
  return { x: left, y: top, width: wide, height: high }
}

/** `rect` moved into the canvas; smaller only where the canvas is. */
function shiftedInto(canvas: Size, rect: Rect): Rect {
  const width = Math.min(rect.width, canvas.width)
  const height = Math.min(rect.height, canvas.height)
  return {
    x: Math.min(Math.max(rect.x, 0), canvas.width - width),
    y: Math.min(Math.max(rect.y, 0), canvas.height - height),
    width,
    height
  }
}

/** The part of a selection that lies on the canvas; at least one pixel. */
function clipped(rect: Rect, canvas: Size): Rect {
  const x = Math.min(Math.max(rect.x, 0), canvas.width - 1)
  const y = Math.min(Math.max(rect.y, 0), canvas.height - 1)
  return {
    x,
    y,
    width: Math.max(Math.min(rect.x + rect.width, canvas.width) - x, 1),
    height: Math.max(Math.min(rect.y + rect.height, canvas.height) - y, 1)
  }
}

/** Ties to even, as the plugin these numbers come from rounds. */
function roundedToEven(value: number): number {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}
