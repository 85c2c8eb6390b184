const N = 4

/** The largest singular value of a 4 × 4 matrix, and its two vectors of length 1. */
export interface Singular {
  readonly value: number
  readonly left: readonly number[]
  readonly right: readonly number[]
}

/** By Jacobi's rotations of AᵀA, whose largest eigenvalue keeps all its digits. */
export function largestSingular(a: readonly number[]): Singular {
  const s = Array.from({ length: N * N }, (_, i) => dot(column(a, Math.floor(i / N)), column(a, i % N)))
  const vectors = Array.from({ length: N * N }, (_, i) => (i % (N + 1) === 0 ? 1 : 0))
  for (let sweep = 0; sweep < 12; sweep++)
    for (let p = 0; p < N - 1; p++) for (let q = p + 1; q < N; q++) rotate(s, vectors, p, q)
  let best = 0
  for (let i = 1; i < N; i++) if (s[i * N + i]! > s[best * N + best]!) best = i
  const right = column(vectors, best)
  const product = Array.from({ length: N }, (_, row) => dot(a.slice(row * N, row * N + N), right))
  const value = Math.hypot(...product)
  const left = value === 0 ? right : product.map((x) => x / value)
  return { value, left, right }
}

const column = (m: readonly number[], j: number): number[] =>
  Array.from({ length: N }, (_, i) => m[i * N + j]!)

const dot = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, value, i) => sum + value * y[i]!, 0)

/** Makes s[p, q] vanish (Golub and Van Loan, Matrix Computations, 8.5). */
function rotate(s: number[], vectors: number[], p: number, q: number): void {
  const off = s[p * N + q]!
  if (off === 0) return
  const theta = (s[q * N + q]! - s[p * N + p]!) / (2 * off)
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1))
  const cos = 1 / Math.hypot(t, 1)
  const sin = t * cos
  for (let k = 0; k < N; k++) {
    const [x, y] = [s[k * N + p]!, s[k * N + q]!]
    s[k * N + p] = cos * x - sin * y
    s[k * N + q] = sin * x + cos * y
  }
  for (let k = 0; k < N; k++) {
    const [x, y] = [s[p * N + k]!, s[q * N + k]!]
    s[p * N + k] = cos * x - sin * y
    s[q * N + k] = sin * x + cos * y
    const [u, v] = [vectors[k * N + p]!, vectors[k * N + q]!]
    vectors[k * N + p] = cos * u - sin * v
    vectors[k * N + q] = sin * u + cos * v
  }
}
