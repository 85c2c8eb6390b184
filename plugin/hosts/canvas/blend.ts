/** How a layer's colours meet those below. `b` is below, `s` the layer; W3C Compositing and Blending Level 1, section 9.1. */
export type BlendMode = 'normal' | 'multiply' | 'screen' | 'overlay'

export const blendModes: readonly BlendMode[] = ['normal', 'multiply', 'screen', 'overlay']

/** a · b / 255, rounded to the nearest, exact for bytes. */
export function scaleByte(a: number, b: number): number {
  const product = a * b + 128
  return (product + (product >> 8)) >> 8
}

function blendChannel(mode: BlendMode, below: number, layer: number): number {
  switch (mode) {
    case 'normal':
      return layer
    case 'multiply':
      return scaleByte(below, layer)
    case 'screen':
      return below + layer - scaleByte(below, layer)
    case 'overlay':
      return below < 128 ? scaleByte(2 * below, layer) : screen(2 * below - 255, layer)
  }
}

const screen = (a: number, b: number): number => a + b - scaleByte(a, b)

/**
 * Puts one layer pixel, of effective alpha `alpha` (1…255), over the straight-alpha pixel at `at`.
 * Over nothing, the layer's colour is copied as it is.
 */
export function blendPixel(out: Uint8Array, at: number, source: Uint8Array, from: number, over: Over): void {
  const { alpha, mode } = over
  const below = out[at + 3]!
  if (below === 0 || (alpha === 255 && mode === 'normal')) {
    out[at] = source[from]!
    out[at + 1] = source[from + 1]!
    out[at + 2] = source[from + 2]!
    out[at + 3] = alpha
    return
  }
  if (below === 255) blendOnOpaque(out, at, source, from, over)
  else blendOnSoft(out, at, source, from, over)
}

/** What nearly every pixel is: whole numbers only. */
function blendOnOpaque(
  out: Uint8Array,
  at: number,
  source: Uint8Array,
  from: number,
  { alpha, mode }: Over
): void {
  for (let channel = 0; channel < 3; channel++) {
    const under = out[at + channel]!
    const blended = blendChannel(mode, under, source[from + channel]!)
    const sum = alpha * blended + (255 - alpha) * under + 128
    out[at + channel] = (sum + (sum >> 8)) >> 8
  }
}

function blendOnSoft(
  out: Uint8Array,
  at: number,
  source: Uint8Array,
  from: number,
  { alpha, mode }: Over
): void {
  const below = out[at + 3]!
  // Alpha of the result times 255; dividing by it once keeps the rounding to a single step.
  const weight = alpha * 255 + (255 - alpha) * below
  for (let channel = 0; channel < 3; channel++) {
    const layer = source[from + channel]!
    const under = out[at + channel]!
    const blended = blendChannel(mode, under, layer)
    const mixed = mode === 'normal' ? layer : ((255 - below) * layer + below * blended) / 255
    out[at + channel] = Math.round((alpha * 255 * mixed + (255 - alpha) * below * under) / weight)
  }
  out[at + 3] = Math.round(weight / 255)
}

/** The same object may be passed again and again, so that a loop over pixels allocates nothing. */
export interface Over {
  alpha: number
  readonly mode: BlendMode
}
