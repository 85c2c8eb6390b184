import { seedBits, type NoiseGenerator } from './noise.ts'

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
  const words = new Uint32Array(4)
  let call = 0
  return {
    randn(count) {
      const values = new Float32Array(count)
      for (let i = 0; i < count; i++) {
        words.set([call, 0, i, 0])
        philox4x32(words, key)
        values[i] = normal(words[0]!, words[1]!)
      }
      call++
      return values
    }
  }
}

/** Philox 4x32 with ten rounds, in place of its counter: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". */
export function philox4x32(counter: Uint32Array, key: Key): void {
  let [k0, k1] = key
  for (let round = 0; round < ROUNDS; round++) {
    const [c0, c1, c2, c3] = [counter[0]!, counter[1]!, counter[2]!, counter[3]!]
    counter[0] = multiplyHigh(0xcd9e8d57, c2) ^ c1 ^ k0
    counter[1] = Math.imul(0xcd9e8d57, c2)
    counter[2] = multiplyHigh(0xd2511f53, c0) ^ c3 ^ k1
    counter[3] = Math.imul(0xd2511f53, c0)
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
}

/** Box and Muller's transform of the first two words; the cosine's share is not used. */
function normal(x: number, y: number): number {
  const u = x * INVERSE + INVERSE / 2
  const v = y * INVERSE_2PI + INVERSE_2PI / 2
  return Math.sqrt(-2 * Math.log(u)) * Math.sin(v)
}

/** The upper 32 bits of the product of two unsigned words, by halves that stay exact in double precision. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16
  const aLow = a & 0xffff
  const bHigh = b >>> 16
  const bLow = b & 0xffff
  const middle = aHigh * bLow + (((aLow * bLow) / 0x10000) | 0)
  const carry = aLow * bHigh + (middle & 0xffff)
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)
}
