import type { ModelInfo } from '../protocol/catalogue.ts'
import type { Size } from '../protocol/geometry.ts'

/** Between which sizes a model makes good pictures. */
export interface SizeLimits {
  readonly minSide: number
  readonly maxSide: number
  readonly minPixels: number
  readonly maxPixels: number
}

/** SD 1 and 2 by the side of their training pictures (512 for SD 1.5), XL by its own table. */
export function limitsOf({ family, nativeSize }: Pick<ModelInfo, 'family' | 'nativeSize'>): SizeLimits {
  const side = (of512: number): number => Math.round((of512 * nativeSize) / 512)
  if (family === 'sd1' || family === 'sd2')
    return {
      minSide: nativeSize,
      maxSide: side(768),
      minPixels: nativeSize ** 2,
      maxPixels: nativeSize * side(768)
    }
  return { minSide: 640, maxSide: 1280, minPixels: 800 ** 2, maxPixels: 1024 ** 2 }
}

/** A person's own idea of the best side: a fifth more or less, rounded up to 16. */
export function preferredLimits(side: number): SizeLimits {
  const slack = roundedUp(roundedToEven(0.2 * side))
  return { minSide: side - slack, maxSide: side + slack, minPixels: side ** 2, maxPixels: side ** 2 }
}

export interface SizeOptions {
  /** Of the model's pictures to the document's; 1 unless said. */
  readonly multiplier?: number
  /** Largest size to work at; 6 unless said, with 5 % of slack. */
  readonly maxMegapixels?: number
  /** Whether a first pass at a size that suits the model may come before one at full size; true unless said. */
  readonly downscale?: boolean
}

/** The four sizes of a job, in pixels. Where `initial` and `desired` differ there are two passes. */
export interface WorkingSizes {
  /** To which the picture is scaled for the model. */
  readonly input: Size
  /** Of the first pass. */
  readonly initial: Size
  /** Of the last pass. */
  readonly desired: Size
  /** What was asked for, in document pixels. */
  readonly target: Size
}

/** Chooses sizes the model is good at for an area of any size: rules and numbers of reference vectors, all in multiples of 16. */
export function workingSizes(
  target: Size,
  limits: SizeLimits,
  { multiplier = 1, maxMegapixels = 6, downscale = true }: SizeOptions = {}
): WorkingSizes {
  const wanted = within(scaled(target, multiplier), maxMegapixels * 1e6)
  const pixels = wanted.width * wanted.height
  const shrink = Math.sqrt(limits.maxPixels / pixels)
  const stretch = Math.sqrt(limits.minPixels / pixels)
  if (downscale && shrink < 0.9 && Math.max(wanted.width, wanted.height) > limits.maxSide) {
    const initial = multipleOf16(scaled(wanted, shrink))
    return finished({ input: initial, initial, desired: multipleOf16(wanted), target })
  }
  if (stretch > 1 && Math.max(wanted.width, wanted.height) < limits.minSide) {
    const suits = [target.width, target.height].every(
      (side) => side >= limits.minSide && side <= limits.maxSide
    )
    const size = multipleOf16(suits ? target : scaled(wanted, stretch))
    return finished({ input: target, initial: size, desired: size, target })
  }
  const size = multipleOf16(wanted)
  return finished({ input: target, initial: size, desired: size, target })
}

/** Pixels beyond the last pass are of no use to the first. */
const finished = (sizes: WorkingSizes): WorkingSizes =>
  pixelsOf(sizes.target) > pixelsOf(sizes.desired) ? { ...sizes, input: sizes.desired } : sizes

const pixelsOf = ({ width, height }: Size): number => width * height

function within(size: Size, most: number): Size {
  const pixels = pixelsOf(size)
  return pixels > Math.trunc(most * 1.05) ? scaled(size, Math.sqrt(most / pixels)) : size
}

const scaled = ({ width, height }: Size, factor: number): Size => ({
  width: roundedToEven(width * factor),
  height: roundedToEven(height * factor)
})

const multipleOf16 = ({ width, height }: Size): Size => ({
  width: roundedUp(width),
  height: roundedUp(height)
})

const roundedUp = (value: number, multiple = 16): number => Math.ceil(value / multiple) * multiple

function roundedToEven(value: number): number {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}
