const LENGTH = 624
const SHIFT = 397

/** Gives the next 32 random bits as an unsigned integer. */
export type RandomBits = () => number

/** MT19937 of Matsumoto and Nishimura (1998), seeded by their `init_genrand`: the engine of torch's CPU generator and of numpy's RandomState. */
export function createMersenneTwister(seed: number): RandomBits {
  const state = new Uint32Array(LENGTH)
  state[0] = seed
  for (let j = 1; j < LENGTH; j++) {
    const previous = state[j - 1]!
    state[j] = Math.imul(1812433253, previous ^ (previous >>> 30)) + j
  }
  let at = LENGTH
  return () => {
    if (at === LENGTH) {
      twist(state)
      at = 0
    }
    return tempered(state[at++]!)
  }
}

function twist(state: Uint32Array): void {
  for (let k = 0; k < LENGTH; k++) {
    const next = k + 1 === LENGTH ? 0 : k + 1
    const far = k + SHIFT < LENGTH ? k + SHIFT : k + SHIFT - LENGTH
    const y = (state[k]! & 0x80000000) | (state[next]! & 0x7fffffff)
    state[k] = state[far]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
  }
}

function tempered(word: number): number {
  let y = word ^ (word >>> 11)
  y ^= (y << 7) & 0x9d2c5680
  y ^= (y << 15) & 0xefc60000
  return (y ^ (y >>> 18)) >>> 0
}
