import { seedBits, type NoiseGenerator } from './noise.ts'

type Counter = readonly [number, number, number, number]
type Key = readonly [number, number]

const ROUNDS = 10
const f32 = Math.fround
/** As float32, as in the CUDA kernel's `curand_normal`. */
const INVERSE = f32(2.3283064e-10)
const INVERSE_2PI = f32(INVERSE * f32(6.2831855))

/**
 * `torch.randn` on CUDA, as the web UI's "NV" noise reproduces it for every size: value i of call n comes from
 * counter (n, 0, i, 0) and the seed as key.
 */
export function createPhiloxGenerator(seed: number | bigint): NoiseGenerator {
  const bits = seedBits(seed)
  const key: Key = [Number(bits & 0xffffffffn), Number(bits >> 32n)]
  let call = 0
  return {
    randn(count) {
      const values = Float32Array.from({ length: count }, (_, i) => normal(philox4x32([call, 0, i, 0], key)))
      call++
      return values
    }
  }
}

/** Philox 4x32 with ten rounds: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". */
export function philox4x32(counter: Counter, key: Key): Counter {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0)
    const high1 = multiplyHigh(0xcd9e8d57, c2)
    const low0 = Math.imul(0xd2511f53, c0) >>> 0
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0
    ;[c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0]
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
  return [c0, c1, c2, c3]
}

/** Box and Muller's transform of the first two words; the cosine's share is not used. */
function normal([x, y]: Counter): number {
  const u = x * INVERSE + INVERSE / 2
  const v = y * INVERSE_2PI + INVERSE_2PI / 2
  return Math.sqrt(-2 * Math.log(u)) * Math.sin(v)
}

/** The upper 32 bits of the product of two unsigned words, by halves that stay exact in double precision. */
function multiplyHigh(a: number, b: number): number {
  const [aHigh, aLow] = [a >>> 16, a & 0xffff]
  const [bHigh, bLow] = [b >>> 16, b & 0xffff]
  const low = aLow * bLow
  const middle = aHigh * bLow + Math.floor(low / 0x10000)
  const carry = aLow * bHigh + (middle % 0x10000)
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0
}
