import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { seedSequence } from '../../../bridge-server/tensor/seed-sequence.ts'
import { golden } from '../../support/golden.ts'

interface Recorded {
  readonly seed_sequence: readonly {
    readonly entropy: string
    readonly spawn_key: readonly string[]
    readonly pool_size: number
    readonly state: readonly number[]
  }[]
}

const recorded = JSON.parse(readFileSync(golden('random/numpy.json'), 'utf8')) as Recorded

describe('numpy’s SeedSequence', () => {
  it.each(recorded.seed_sequence)(
    'hashes entropy $entropy with spawn key $spawn_key and a pool of $pool_size words',
    ({ entropy, spawn_key, pool_size, state }) => {
      const options = { spawnKey: spawn_key.map(Number), poolSize: pool_size }
      expect([...seedSequence(BigInt(entropy), state.length, options)]).toEqual(state)
    }
  )
})
