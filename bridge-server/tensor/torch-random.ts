import { createMersenneTwister, type RandomBits } from './mersenne-twister.ts'
import { seedBits, type NoiseGenerator } from './noise.ts'

/** Values that torch's vectorised kernel transforms together (`normal_fill_16`). */
const BLOCK = 16
const TWO_PI = Math.fround(2 * Math.PI)
const f32 = Math.fround

/**
 * `torch.randn` of float32 with `torch.Generator('cpu').manual_seed(seed)` (ATen, `DistributionTemplates.h`).
 * Only the low 32 bits of the seed count. Draws below 16 values are bit-equal to torch; longer ones differ by a few
 * float32 steps at most (5e-7), because torch approximates log, sin and cos.
 */
export function createTorchGenerator(seed: number | bigint): NoiseGenerator {
  const bits = createMersenneTwister(Number(seedBits(seed) & 0xffffffffn))
  const scalar = scalarNormal(bits)
  return {
    randn: (count) =>
      count < BLOCK ? Float32Array.from({ length: count }, scalar) : blockNormal(bits, count)
  }
}

/** One value at a time in double precision; the sine's share of a pair is kept for the next such draw. */
function scalarNormal(bits: RandomBits): () => number {
  let spare: number | undefined
  return () => {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    const angle = 2 * Math.PI * uniform53(bits)
    const radius = Math.sqrt(-2 * Math.log1p(-uniform53(bits)))
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}

function blockNormal(bits: RandomBits, count: number): Float32Array {
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) values[i] = uniform24(bits)
  for (let start = 0; start + BLOCK <= count; start += BLOCK) boxMuller(values, start)
  if (count % BLOCK !== 0) {
    // torch redraws the last 16 places, although some of them are finished already.
    const tail = count - BLOCK
    for (let i = tail; i < count; i++) values[i] = uniform24(bits)
    boxMuller(values, tail)
  }
  return values
}

/** Box and Muller's transform of one block in place: its first half holds radii, its second angles; rounded as torch rounds. */
function boxMuller(values: Float32Array, start: number): void {
  const half = BLOCK / 2
  for (let j = start; j < start + half; j++) {
    const radius = f32(Math.sqrt(f32(-2 * f32(Math.log(f32(1 - values[j]!))))))
    const angle = f32(TWO_PI * values[j + half]!)
    values[j] = radius * f32(Math.cos(angle))
    values[j + half] = radius * f32(Math.sin(angle))
  }
}

const uniform24 = (bits: RandomBits): number => (bits() & 0xffffff) * 2 ** -24

const uniform53 = (bits: RandomBits): number => {
  const high = bits() & 0x1fffff
  return (high * 2 ** 32 + bits()) * 2 ** -53
}
