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

/** Linear between the centres of the coarse pixels. */
function doubled(coarse: Float32Array, from: PartlyKnown, { width, height }: PartlyKnown): Float32Array {
  const out = new Float32Array(width * height)
  const at = (x: number, y: number): number =>
    coarse[Math.min(Math.max(y, 0), from.height - 1) * from.width + Math.min(Math.max(x, 0), from.width - 1)]!
  for (let y = 0, i = 0; y < height; y++) {
    const [row, beside] = [y >> 1, (y >> 1) + (y % 2 === 0 ? -1 : 1)]
    for (let x = 0; x < width; x++, i++) {
      const [column, next] = [x >> 1, (x >> 1) + (x % 2 === 0 ? -1 : 1)]
      const near = 0.75 * at(column, row) + 0.25 * at(next, row)
      out[i] = 0.75 * near + 0.25 * (0.75 * at(column, beside) + 0.25 * at(next, beside))
    }
  }
  return out
}

/** Gauss–Seidel, back and forth: each unknown value becomes what its neighbours ask for. */
function relax({ width, height, known }: PartlyKnown, u: Float32Array, pull: number): void {
  const visit = (i: number): void => {
    if (known[i] === 1) return
    const x = i % width
    let [sum, count] = [0, 0]
    if (x > 0) [sum, count] = [sum + u[i - 1]!, count + 1]
    if (x + 1 < width) [sum, count] = [sum + u[i + 1]!, count + 1]
    if (i >= width) [sum, count] = [sum + u[i - width]!, count + 1]
    if (i + width < u.length) [sum, count] = [sum + u[i + width]!, count + 1]
    if (count > 0) u[i] = sum / (count + pull)
  }
  for (let sweep = 0; sweep < sweepsFor(width * height); sweep++)
    if (sweep % 2 === 0) for (let i = 0; i < u.length; i++) visit(i)
    else for (let i = u.length - 1; i >= 0; i--) visit(i)
}
