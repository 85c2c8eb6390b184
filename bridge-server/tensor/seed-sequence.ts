const MULTIPLY_A = 0x931e8875
const MULTIPLY_B = 0x58f38ded

interface SeedSequenceOptions {
  /** Tells the children of one entropy apart. */
  readonly spawnKey?: readonly number[]
  /** Words of entropy kept; numpy's default is 4. */
  readonly poolSize?: number
}

/**
 * `numpy.random.SeedSequence(entropy, spawn_key=…, pool_size=…).generate_state(words)`: O'Neill's seed_seq_fe hash
 * in 32-bit words. torchsde draws the seeds of its Brownian trees from it.
 */
export function seedSequence(
  entropy: bigint,
  words: number,
  { spawnKey = [], poolSize = 4 }: SeedSequenceOptions = {}
): Uint32Array {
  const pool = mixed(assembled(entropy, spawnKey, poolSize), poolSize)
  const hash = hashing(0x8b51f9dd, MULTIPLY_B)
  return Uint32Array.from({ length: words }, (_, i) => hash(pool[i % poolSize]!))
}

/** With a spawn key, entropy is padded to the pool, so that no key can pass for longer entropy. */
function assembled(entropy: bigint, spawnKey: readonly number[], poolSize: number): number[] {
  const own = wordsOf(entropy)
  if (spawnKey.length === 0) return own
  const padding = Array.from({ length: Math.max(poolSize - own.length, 0) }, () => 0)
  return [...own, ...padding, ...spawnKey.flatMap((key) => wordsOf(BigInt(key)))]
}

function mixed(entropy: readonly number[], poolSize: number): Uint32Array {
  const hash = hashing(0x43b0d7e5, MULTIPLY_A)
  const pool = Uint32Array.from({ length: poolSize }, (_, i) => hash(entropy[i] ?? 0))
  for (let from = 0; from < poolSize; from++)
    for (let to = 0; to < poolSize; to++) if (from !== to) pool[to] = mix(pool[to]!, hash(pool[from]!))
  for (const word of entropy.slice(poolSize))
    for (let to = 0; to < poolSize; to++) pool[to] = mix(pool[to]!, hash(word))
  return pool
}

/** The multiplier changes with every word hashed. */
function hashing(start: number, multiplier: number): (word: number) => number {
  let constant = start
  return (word) => {
    const xored = word ^ constant
    constant = Math.imul(constant, multiplier)
    const value = Math.imul(xored, constant)
    return (value ^ (value >>> 16)) >>> 0
  }
}

function mix(x: number, y: number): number {
  const value = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)
  return (value ^ (value >>> 16)) >>> 0
}

/** Little-endian 32-bit words, at least one. */
function wordsOf(value: bigint): number[] {
  const words = [Number(value & 0xffffffffn)]
  for (let rest = value >> 32n; rest > 0n; rest >>= 32n) words.push(Number(rest & 0xffffffffn))
  return words
}
