/** A seeded source of standard normal numbers. Each call continues the sequence. */
export interface NoiseGenerator {
  /** The next draw; how a sequence is cut into draws can change its values, as it does in the references. */
  randn(count: number): Float32Array
}

/** A seed as 64 unsigned bits; negative seeds wrap as they do in torch. */
export const seedBits = (seed: number | bigint): bigint => BigInt.asUintN(64, BigInt(seed))
