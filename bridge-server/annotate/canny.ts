import { gaussianBlur } from '../image/blur.ts'
import type { Gray } from '../image/pixels.ts'
import { level, type PlainAnnotator } from './annotator.ts'
import { grayOf } from './gray.ts'

/** tan 22.5° in 15-bit fixed point, as OpenCV has it. */
const TAN = 13573

interface Gradient {
  readonly x: Int16Array
  readonly y: Int16Array
  /** |x| + |y| */
  readonly magnitude: Int32Array
}

/** Sobel's derivatives over 3 × 3 pixels; the border is repeated. */
function sobel({ width, height, data }: Gray): Gradient {
  const x = new Int16Array(data.length)
  const y = new Int16Array(data.length)
  const magnitude = new Int32Array(data.length)
  for (let row = 0, i = 0; row < height; row++) {
    const up = Math.max(row - 1, 0) * width
    const here = row * width
    const down = Math.min(row + 1, height - 1) * width
    for (let column = 0; column < width; column++, i++) {
      const left = Math.max(column - 1, 0)
      const right = Math.min(column + 1, width - 1)
      const [a, b, c] = [data[up + left]!, data[up + column]!, data[up + right]!]
      const [d, e, f] = [data[down + left]!, data[down + column]!, data[down + right]!]
      x[i] = c - a + 2 * (data[here + right]! - data[here + left]!) + f - d
      y[i] = d + 2 * e + f - a - 2 * b - c
      magnitude[i] = Math.abs(x[i]!) + Math.abs(y[i]!)
    }
  }
  return { x, y, magnitude }
}

/**
 * Canny 1986, “A computational approach to edge detection”, as OpenCV's `Canny(image, low, high)`: Sobel, the L1 norm, maxima
 * across the edge, and those above `low` that touch one above `high`. Edges are 255. Pixels outside have no gradient.
 */
export function cannyEdges(image: Gray, low: number, high: number): Gray {
  const { width, height } = image
  const gradient = sobel(image)
  const [weak, strong] = [Math.floor(Math.min(low, high)), Math.floor(Math.max(low, high))]
  const state = new Uint8Array(width * height)
  const stack: number[] = []
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      if (gradient.magnitude[i]! <= weak || !isMaximum(gradient, { width, height, x, y })) continue
      state[i] = 1
      if (gradient.magnitude[i]! <= strong) continue
      state[i] = 255
      stack.push(i)
    }
  for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
    const x = i % width
    const y = (i - x) / width
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++)
      for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++)
        if (state[v * width + u] === 1) {
          state[v * width + u] = 255
          stack.push(v * width + u)
        }
  }
  return { width, height, data: state.map((value) => (value === 255 ? 255 : 0)) }
}

interface Place {
  readonly width: number
  readonly height: number
  readonly x: number
  readonly y: number
}

/** Whether the gradient is the greatest along its own direction, of four. Of two equal ones the first wins, as in OpenCV. */
function isMaximum(gradient: Gradient, { width, height, x, y }: Place): boolean {
  const at = (u: number, v: number): number =>
    u < 0 || v < 0 || u >= width || v >= height ? 0 : gradient.magnitude[v * width + u]!
  const i = y * width + x
  const [dx, dy, m] = [gradient.x[i]!, gradient.y[i]!, gradient.magnitude[i]!]
  const across = Math.abs(dx)
  const along = Math.abs(dy) * 2 ** 15
  if (along < across * TAN) return m > at(x - 1, y) && m >= at(x + 1, y)
  if (along > across * (TAN + 2 ** 16)) return m > at(x, y - 1) && m >= at(x, y + 1)
  const side = dx < 0 !== dy < 0 ? -1 : 1
  return m > at(x - side, y - 1) && m > at(x + side, y + 1)
}

/** `smooth` is the deviation of a Gaussian before, pixels. */
const smoothed = (image: Gray, smooth: number): Gray => gaussianBlur(image, Math.ceil(3 * smooth), smooth)

export const canny: PlainAnnotator = {
  card: {
    id: 'canny',
    label: 'Canny edges',
    about: 'Thin lines where the picture changes abruptly.',
    parameters: [
      level('low', 'Low threshold', 100),
      level('high', 'High threshold', 200),
      { id: 'smooth', label: 'Smoothing', min: 0, max: 5, step: 0.1, default: 0, unit: 'px' }
    ],
    suits: ['canny'],
    format: 'gray8'
  },
  needs: null,
  annotate: (picture, { low = 100, high = 200, smooth = 0 }) =>
    cannyEdges(smoothed(grayOf(picture), smooth), low, high)
}
