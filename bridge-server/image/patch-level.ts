/** Half of a patch's side: patches of 7 × 7 pixels, as Wexler, Shechtman and Irani 2007 have them. */
export const RADIUS = 3
export const SIDE = 2 * RADIUS + 1

/** One size of a picture with a hole. */
export interface PatchLevel {
  readonly width: number
  readonly height: number
  /** Red, green and blue of each pixel, 0…255; of the hole's pixels, what they are thought to be. */
  readonly colours: Float32Array
  /** 1 where the picture is known. */
  readonly known: Uint8Array
  /** Pixels with a whole patch around them that touches the hole: these look for a likeness. */
  readonly targets: Int32Array
  /** Pixels whose whole patch is known: these are what is found. */
  readonly sources: Int32Array
  /** 1 for each of the sources. */
  readonly isSource: Uint8Array
}

interface Plane {
  readonly width: number
  readonly height: number
  readonly colours: Float32Array
  readonly known: Uint8Array
}

export function patchLevel(plane: Plane): PatchLevel {
  const { width, height, known } = plane
  const sums = summed(plane)
  const isSource = new Uint8Array(width * height)
  const targets: number[] = []
  const sources: number[] = []
  for (let y = RADIUS; y < height - RADIUS; y++)
    for (let x = RADIUS; x < width - RADIUS; x++) {
      const i = y * width + x
      const [up, down] = [(y - RADIUS) * (width + 1), (y + RADIUS + 1) * (width + 1)]
      const [left, right] = [x - RADIUS, x + RADIUS + 1]
      const count = sums[down + right]! - sums[down + left]! - sums[up + right]! + sums[up + left]!
      if (count < SIDE * SIDE) targets.push(i)
      else {
        isSource[i] = 1
        sources.push(i)
      }
    }
  const lists = { targets: Int32Array.from(targets), sources: Int32Array.from(sources) }
  return { width, height, colours: plane.colours, known, isSource, ...lists }
}

/** How many known pixels there are above and to the left of each corner of a pixel. */
function summed({ width, height, known }: Plane): Int32Array {
  const sums = new Int32Array((width + 1) * (height + 1))
  for (let y = 0; y < height; y++)
    for (let x = 0, row = 0; x < width; x++) {
      row += known[y * width + x]!
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1]! + row
    }
  return sums
}

interface Picture {
  readonly width: number
  readonly height: number
  readonly colours: Float32Array | Uint8ClampedArray
  /** Numbers of a pixel in `colours`, of which the first three count. */
  readonly channels: 3 | 4
  readonly known: Uint8Array
}

/** Means of `factor` × `factor` pixels, which are known where all of them are. */
export function shrunk({ width, height, colours, channels, known }: Picture, factor: number): Plane {
  const [w, h] = [Math.ceil(width / factor), Math.ceil(height / factor)]
  const sums = new Float32Array(3 * w * h)
  const counts = new Uint32Array(w * h)
  const whole = new Uint8Array(w * h).fill(1)
  for (let y = 0, i = 0; y < height; y++)
    for (let at = Math.floor(y / factor) * w, x = 0; x < width; at++)
      for (const end = Math.min(x + factor, width); x < end; x++, i++) {
        whole[at]! &= known[i]!
        counts[at]!++
        for (let c = 0; c < 3; c++) sums[3 * at + c]! += colours[channels * i + c]!
      }
  for (let i = 0; i < sums.length; i++) sums[i]! /= counts[Math.floor(i / 3)]!
  return { width: w, height: h, known: whole, colours: sums }
}
