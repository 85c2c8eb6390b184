import { assert } from '../errors.ts'
import { seedBits, type NoiseGenerator } from '../tensor/noise.ts'
import { seedSequence } from '../tensor/seed-sequence.ts'
import { createTorchGenerator } from '../tensor/torch-random.ts'
import type { Latents } from './sampler.ts'

const f32 = Math.fround
const POOL = 24
/** Nodes kept: neighbouring queries share a path down the tree, about 24 deep with two nodes a level for Stable Diffusion. */
const KEPT = 128

interface BrownianPath {
  readonly seed: number | bigint
  /** Values of one picture's latents. */
  readonly length: number
  /** Smallest positive and largest sigma of the schedule: the ends of the path. */
  readonly sigmaMin: number
  readonly sigmaMax: number
  /** Where the numbers of a node's seed come from; torch's CPU generator when absent. */
  readonly generator?: (seed: number) => NoiseGenerator
}

interface Node {
  readonly key: number
  readonly depth: number
  readonly from: number
  readonly to: number
  /** What the path gains over the interval. */
  readonly gain: () => Latents
}

/**
 * Noise for the SDE samplers as k-diffusion's `BrownianTreeNoiseSampler` over torchsde's `BrownianTree`: what a fixed
 * random path gains between two sigmas, divided by √|Δσ|. It does not depend on what was asked before, so the same
 * seed with more steps follows the same path.
 */
export function brownianNoise(path: BrownianPath): (sigma: number, next: number) => Latents {
  const [start, end] = [f32(path.sigmaMin), f32(path.sigmaMax)]
  assert(start < end, `a Brownian path from sigma ${start} to ${end}`)
  const tree = createTree({ ...path, sigmaMin: start, sigmaMax: end })
  return (sigma, next) => {
    const [a, b] = [f32(sigma), f32(next)]
    assert(a !== b, `Brownian noise over no distance at sigma ${a}`)
    const sign = a < b ? 1 : -1
    const root = f32(Math.sqrt(f32(Math.abs(b - a))))
    return tree(Math.min(a, b), Math.max(a, b)).map((value) => f32(value * sign) / root)
  }
}

/** Gain of the path over an interval: the sum of the largest tree nodes that tile it. */
function createTree({ seed, length, sigmaMin, sigmaMax, generator = createTorchGenerator }: BrownianPath) {
  const entropy = seedBits(seed)
  const draw = (words: number, spawnKey: readonly number[]): Latents => {
    const [state = 0] = seedSequence(entropy, words, { spawnKey, poolSize: POOL })
    return generator(state).randn(length)
  }
  const kept = createCache(KEPT)
  const scale = f32(Math.sqrt(sigmaMax - sigmaMin))
  const root: Node = {
    key: 0,
    depth: 0,
    from: rounded(sigmaMin),
    to: rounded(sigmaMax),
    gain: () => kept('root', () => draw(3, []).map((value) => value * scale))
  }
  const childrenOf = (node: Node): readonly [Node, Node] => {
    const depth = node.depth + 1
    const split = rounded(0.5 * (node.to + node.from))
    const kin = (key: number, from: number, to: number, gain: () => Latents): Node => ({
      key,
      depth,
      from,
      to,
      gain: () => kept(`${depth}/${key}`, gain)
    })
    const left = kin(2 * node.key, node.from, split, () =>
      bridge(node, split, draw(4, [node.key, node.depth]))
    )
    const right = kin(2 * node.key + 1, split, node.to, () => {
      const leftGain = left.gain()
      return node.gain().map((value, i) => value - leftGain[i]!)
    })
    return [left, right]
  }

  function* cover(node: Node, from: number, to: number): Generator<Latents> {
    if (from === node.from && to === node.to) {
      yield node.gain()
      return
    }
    const [left, right] = childrenOf(node)
    if (from < left.to) yield* cover(left, from, Math.min(to, left.to))
    if (to > right.from) yield* cover(right, Math.max(from, right.from), to)
  }

  return (from: number, to: number): Latents => {
    const clamped = (time: number): number => Math.min(Math.max(rounded(time), root.from), root.to)
    const sum = new Float32Array(length)
    for (const part of cover(root, clamped(from), clamped(to))) part.forEach((value, i) => (sum[i]! += value))
    return sum
  }
}

/** Lévy's construction: the gain up to `split`, given the gain of the whole interval; in float32 as torchsde computes it. */
function bridge({ from, to, gain }: Node, split: number, noise: Latents): Latents {
  const [left, right, inverse] = [split - from, to - split, 1 / (to - from)]
  const mean = f32(left)
  const reciprocal = f32(inverse)
  const deviation = f32(Math.sqrt(left * right * inverse))
  return gain().map((value, i) => f32(f32(mean * value) * reciprocal) + f32(deviation * noise[i]!))
}

/** Python's `round(value, 6)`: toFixed rounds the same exact value, but puts ties (odd 128ths) up instead of to even. */
function rounded(value: number): number {
  const odd = value * 128
  if (!Number.isInteger(odd) || odd % 2 === 0) return Number(value.toFixed(6))
  const below = (odd * 15625 - 1) / 2
  return (below % 2 === 0 ? below : below + 1) / 1e6
}

/** Keeps the `limit` values that were used last. */
function createCache(limit: number): (key: string, make: () => Latents) => Latents {
  const values = new Map<string, Latents>()
  return (key, make) => {
    const value = values.get(key) ?? make()
    values.delete(key)
    values.set(key, value)
    const [oldest] = values.keys()
    if (values.size > limit && oldest !== undefined) values.delete(oldest)
    return value
  }
}
