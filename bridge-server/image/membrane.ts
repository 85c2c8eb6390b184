/** A plane of numbers of which some are known. */
export interface PartlyKnown {
  readonly width: number
  readonly height: number
  readonly values: Float32Array
  /** 1 where the value is known. */
  readonly known: Uint8Array
}

/** Sweeps over each level; fewer on large ones, where the level above has left little to do. */
const sweepsFor = (pixels: number): number => (pixels > 2 ** 20 ? 4 : 24)

/**
 * Fills what is unknown with the smoothest surface through what is known: the solution of Δu = u / reach², with borders
 * of the plane left free. With an infinite reach that is a membrane (Laplace); with a finite one it falls to 0 at about
 * that distance in pixels. Solved on a pyramid, from the coarsest level to the finest. Where nothing is known all is 0.
 */
export function membrane(plane: PartlyKnown, reach = Infinity): Float32Array {
  const { width, height, known } = plane
  const solution = width <= 2 && height <= 2 ? meanEverywhere(plane) : enlarged(plane, reach)
  for (let i = 0; i < solution.length; i++) if (known[i] === 1) solution[i] = plane.values[i]!
  relax(plane, solution, 1 / (reach * reach))
  return solution
}

function enlarged(plane: PartlyKnown, reach: number): Float32Array {
  const coarse = halved(plane)
  return doubled(membrane(coarse, reach / 2), coarse, plane)
}

function meanEverywhere({ values, known }: PartlyKnown): Float32Array {
  const count = known.reduce((sum, is) => sum + is, 0)
  const sum = values.reduce((total, value, i) => total + value * known[i]!, 0)
  return new Float32Array(values.length).fill(count === 0 ? 0 : sum / count)
}

/** Means of what is known in 2 × 2 pixels. */
function halved({ width, height, values, known }: PartlyKnown): PartlyKnown {
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)]
  const sums = new Float32Array(w * h)
  const counts = new Uint8Array(w * h)
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      if (known[i] === 0) continue
      const at = (y >> 1) * w + (x >> 1)
      sums[at]! += values[i]!
      counts[at]!++
    }
  return {
    width: w,
    height: h,
    values: sums.map((sum, i) => (counts[i] === 0 ? 0 : sum / counts[i]!)),
    known: counts.map((count) => Math.min(count, 1))
  }
}

/** Linear between the centres of the coarse pixels, where nothing is known. */
function doubled(
  coarse: Float32Array,
  from: PartlyKnown,
  { width, height, known }: PartlyKnown
): Float32Array {
  const out = new Float32Array(width * height)
  const beside = (at: number, length: number): number =>
    Math.min(Math.max((at >> 1) + (at % 2 === 0 ? -1 : 1), 0), length - 1)
  for (let y = 0, i = 0; y < height; y++) {
    const [here, there] = [(y >> 1) * from.width, beside(y, from.height) * from.width]
    for (let x = 0; x < width; x++, i++) {
      if (known[i] === 1) continue
      const [column, next] = [x >> 1, beside(x, from.width)]
      const near = 0.75 * coarse[here + column]! + 0.25 * coarse[here + next]!
      out[i] = 0.75 * near + 0.25 * (0.75 * coarse[there + column]! + 0.25 * coarse[there + next]!)
    }
  }
  return out
}

/** Gauss–Seidel, back and forth: each unknown value becomes what its neighbours ask for. */
function relax(plane: PartlyKnown, u: Float32Array, pull: number): void {
  for (let sweep = 0; sweep < sweepsFor(plane.width * plane.height); sweep++)
    if (sweep % 2 === 0) for (let y = 0; y < plane.height; y++) relaxRow(plane, u, pull, { y, step: 1 })
    else for (let y = plane.height - 1; y >= 0; y--) relaxRow(plane, u, pull, { y, step: -1 })
}

interface Course {
  readonly y: number
  /** 1 from left to right, −1 back. */
  readonly step: 1 | -1
}

function relaxRow(
  { width, height, known }: PartlyKnown,
  u: Float32Array,
  pull: number,
  { y, step }: Course
): void {
  const isInner = y > 0 && y + 1 < height
  const all = 4 + pull
  for (let n = 0, x = step === 1 ? 0 : width - 1; n < width; n++, x += step) {
    const i = y * width + x
    if (known[i] === 1) continue
    if (isInner && x > 0 && x + 1 < width) {
      u[i] = (u[i - 1]! + u[i + 1]! + u[i - width]! + u[i + width]!) / all
      continue
    }
    let [sum, count] = [0, 0]
    for (const beside of [x > 0 ? i - 1 : -1, x + 1 < width ? i + 1 : -1, i - width, i + width])
      if (beside >= 0 && beside < u.length) [sum, count] = [sum + u[beside]!, count + 1]
    if (count > 0) u[i] = sum / (count + pull)
  }
}
