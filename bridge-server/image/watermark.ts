import { AppError } from '../errors.ts'
import { haar, unhaar, type Plane } from './haar.ts'
import type { Rgba } from './pixels.ts'
import { largestSingular } from './singular.ts'

/**
 * The invisible watermark of the original Stable Diffusion scripts: the package invisible-watermark 0.2.0 (MIT), its methods
 * `dwtDct` (which, in spite of its name, has no DCT) and `dwtDctSvd`. A bit lies in each 4 × 4 block of the coarse band of U.
 */
export type WatermarkMethod = 'dwtDct' | 'dwtDctSvd'

/** A watermark that was read: whose it is, and how many of its bits are not as they should be. */
export interface FoundWatermark {
  readonly method: WatermarkMethod
  readonly text: string
  readonly bits: number
  readonly wrongBits: number
}

/** What the original scripts write. */
export const stableDiffusionMark = 'StableDiffusionV1'

/** What programs write, by the name under which a person is told: those of Stable Diffusion 1, 2 and XL. */
const knownMarks: readonly (readonly [text: string, bits: readonly number[]])[] = [
  [stableDiffusionMark, bitsOf(stableDiffusionMark)],
  ['SDV2', bitsOf('SDV2')],
  ['Stable Diffusion XL', Array.from('101100111110110010010000011110111011000110011110', Number)]
]

/** Pixels that a picture must have. */
const leastPixels = 256 * 256
const step = 36
/** Of the bits may be wrong: as likely by chance as one in 10⁵ for the shortest mark. */
const tolerance = 0.1

/** Whether a picture has room for a mark. */
export const canBeMarked = ({ width, height }: Pick<Rgba, 'width' | 'height'>): boolean =>
  width * height >= leastPixels

/** The picture with the bytes of `text` in it; alpha stays. Throws AppError 'bad-message' below 256 × 256 pixels. */
export function writeWatermark(picture: Rgba, text: string, method: WatermarkMethod): Rgba {
  if (!canBeMarked(picture))
    throw new AppError('bad-message', {
      message: `A picture of ${picture.width} × ${picture.height} pixels is too small for a watermark; ${leastPixels} pixels are needed.`,
      hint: 'Take a larger picture, as 256 × 256, or leave it without a watermark.'
    })
  const { y, u, v, width } = toYuv(picture)
  const part = usedPart(u, picture)
  const bands = haar(part)
  const bits = bitsOf(text)
  eachBlock(bands.ll, (block, n) => marked(block, bits[n % bits.length]!, method))
  // The library exchanges the two bands of details on the way back, and its pictures are the reference.
  const back = unhaar({ ...bands, h: bands.v, v: bands.h })
  for (let row = 0; row < part.height; row++)
    // Truncated, and wrapped around where it leaves a byte.
    for (let x = 0; x < part.width; x++)
      u[row * width + x] = Math.trunc(back.data[row * part.width + x]!) & 255
  return fromYuv({ y, u, v, picture })
}

/** The known mark that is in a picture; null: none, or what was one has been cropped, resized or smoothed away. */
export function readWatermark(picture: Rgba): FoundWatermark | null {
  if (!canBeMarked(picture)) return null
  const { ll } = haar(usedPart(toYuv(picture).u, picture))
  let best: FoundWatermark | null = null
  for (const method of ['dwtDctSvd', 'dwtDct'] as const) {
    const votes: number[] = []
    eachBlock(ll, (block) => {
      votes.push(voteOf(block, method))
      return block
    })
    for (const [text, bits] of knownMarks) {
      const read = decoded(votes, bits.length)
      const wrongBits = bits.filter((bit, i) => bit !== read[i]).length
      if (wrongBits <= tolerance * bits.length && (best === null || wrongBits < best.wrongBits))
        best = { method, text, bits: bits.length, wrongBits }
    }
  }
  return best
}

/** The bytes that a mark of `length` bits would hold, whoever wrote it. */
export function readBits(picture: Rgba, length: number, method: WatermarkMethod): readonly number[] {
  const votes: number[] = []
  eachBlock(haar(usedPart(toYuv(picture).u, picture)).ll, (block) => {
    votes.push(voteOf(block, method))
    return block
  })
  return decoded(votes, length)
}

/** Block n votes for bit n mod `length`; a share of ones above 127/255 is a one. */
function decoded(votes: readonly number[], length: number): number[] {
  const ones = new Array<number>(length).fill(0)
  const all = new Array<number>(length).fill(0)
  for (const [n, vote] of votes.entries()) {
    ones[n % length]! += vote
    all[n % length]! += 1
  }
  return ones.map((count, i) => ((count / Math.max(all[i]!, 1)) * 255 > 127 ? 1 : 0))
}

/** Most significant bit of each byte first. */
export function bitsOf(text: string): number[] {
  return [...new TextEncoder().encode(text)].flatMap((byte) =>
    Array.from({ length: 8 }, (_, i) => (byte >> (7 - i)) & 1)
  )
}

/** Hands over each whole block of 4 × 4, row by row, and puts back what comes out. */
function eachBlock(
  { width, height, data }: Plane,
  work: (block: readonly number[], n: number) => readonly number[]
): void {
  let n = 0
  for (let top = 0; top + 4 <= height; top += 4)
    for (let left = 0; left + 4 <= width; left += 4, n++) {
      const place = (i: number): number => (top + (i >> 2)) * width + left + (i & 3)
      const block = Array.from({ length: 16 }, (_, i) => data[place(i)]!)
      for (const [i, value] of work(block, n).entries()) data[place(i)] = value
    }
}

const quantised = (size: number, bit: number): number => (Math.floor(size / step) + 0.25 + 0.5 * bit) * step

function marked(block: readonly number[], bit: number, method: WatermarkMethod): readonly number[] {
  if (method === 'dwtDct') {
    const at = largestDetail(block)
    const value = block[at]!
    return block.with(at, (value < 0 ? -1 : 1) * quantised(Math.abs(value), bit))
  }
  const coefficients = dct(block)
  const { value, left, right } = largestSingular(coefficients)
  const change = quantised(value, bit) - value
  return idct(coefficients.map((c, i) => c + change * left[i >> 2]! * right[i & 3]!))
}

function voteOf(block: readonly number[], method: WatermarkMethod): number {
  const size =
    method === 'dwtDct' ? Math.abs(block[largestDetail(block)]!) : largestSingular(dct(block)).value
  return size % step > step / 2 ? 1 : 0
}

/** The first of the largest among positions 1…15. */
function largestDetail(block: readonly number[]): number {
  let best = 1
  for (let i = 2; i < 16; i++) if (Math.abs(block[i]!) > Math.abs(block[best]!)) best = i
  return best
}

/** Rows of the orthonormal DCT-II of four numbers. */
const basis = Array.from({ length: 16 }, (_, i) => {
  const [k, n] = [i >> 2, i & 3]
  return Math.sqrt((k === 0 ? 1 : 2) / 4) * Math.cos((Math.PI * k * (2 * n + 1)) / 8)
})
const transposed = basis.map((_, i) => basis[(i & 3) * 4 + (i >> 2)]!)

const product = (a: readonly number[], b: readonly number[]): number[] =>
  Array.from({ length: 16 }, (_, i) => {
    let sum = 0
    for (let k = 0; k < 4; k++) sum += a[(i >> 2) * 4 + k]! * b[k * 4 + (i & 3)]!
    return sum
  })

const dct = (block: readonly number[]): number[] => product(product(basis, block), transposed)
const idct = (block: readonly number[]): number[] => product(product(transposed, block), basis)

/** U where width and height are multiples of 4. */
function usedPart(u: Uint8ClampedArray, { width, height }: Pick<Rgba, 'width' | 'height'>): Plane {
  const size = { width: width - (width % 4), height: height - (height % 4) }
  const data = new Float64Array(size.width * size.height)
  for (let y = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++) data[y * size.width + x] = u[y * width + x]!
  return { ...size, data }
}

/** OpenCV's fixed point: 14 fractional bits, rounded. */
const BITS = 14
const rounded = (value: number): number => (value + (1 << (BITS - 1))) >> BITS

/** OpenCV's `COLOR_RGB2YUV` of 8 bits; clamped arrays saturate as it does. */
function toYuv({ width, height, data }: Rgba) {
  const planes = [0, 1, 2].map(() => new Uint8ClampedArray(width * height))
  const [y, u, v] = [planes[0]!, planes[1]!, planes[2]!]
  for (let i = 0; i < width * height; i++) {
    const [r, g, b] = [data[4 * i]!, data[4 * i + 1]!, data[4 * i + 2]!]
    y[i] = rounded(4899 * r + 9617 * g + 1868 * b)
    u[i] = rounded(8061 * (b - y[i]!)) + 128
    v[i] = rounded(14369 * (r - y[i]!)) + 128
  }
  return { y, u, v, width }
}

interface YuvParts {
  readonly y: Uint8ClampedArray
  readonly u: Uint8ClampedArray
  readonly v: Uint8ClampedArray
  readonly picture: Rgba
}

function fromYuv({ y, u, v, picture }: YuvParts): Rgba {
  const data = Uint8ClampedArray.from(picture.data)
  for (let i = 0; i < y.length; i++) {
    const [light, cb, cr] = [y[i]!, u[i]! - 128, v[i]! - 128]
    data[4 * i] = light + rounded(18678 * cr)
    data[4 * i + 1] = light + rounded(-6472 * cb - 9519 * cr)
    data[4 * i + 2] = light + rounded(33292 * cb)
  }
  return { width: picture.width, height: picture.height, data }
}
