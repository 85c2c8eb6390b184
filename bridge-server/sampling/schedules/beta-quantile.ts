/** Coefficients of Lanczos's approximation of Γ with g = 7, good to 15 digits. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7
]

/** The value below which a share `p` of the beta distribution lies (0…1); scipy's `beta.ppf`. By bisection, to the last bit. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0
  if (p >= 1) return 1
  let [low, high] = [0, 1]
  for (;;) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) return middle
    if (share(middle, a, b) < p) low = middle
    else high = middle
  }
}

/** The regularised incomplete beta function I_x(a, b); its fraction converges fast below the mean only. */
function share(x: number, a: number, b: number): number {
  const scale = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2)
    ? (scale / a) * continuedFraction(x, a, b)
    : 1 - (scale / b) * continuedFraction(1 - x, b, a)
}

/** DLMF 8.17.22, evaluated by Lentz's method. */
function continuedFraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / (1 - ((a + b) * x) / (a + 1))
  let result = d
  for (let m = 1; m < 200; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    const before = result
    for (const term of [even, odd]) {
      d = 1 / (1 + term * d)
      c = 1 + term / c
      result *= c * d
    }
    if (Math.abs(result - before) <= Number.EPSILON * Math.abs(result)) break
  }
  return result
}

function logGamma(z: number): number {
  if (z < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * z)) - logGamma(1 - z)
  const x = z - 1
  const t = x + 7.5
  const sum = LANCZOS.reduce(
    (total, coefficient, i) => total + (i === 0 ? coefficient : coefficient / (x + i)),
    0
  )
  return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(t) - t + Math.log(sum)
}
