import { describe, expect, test } from 'vitest'
import { everFree, freeingInTurn } from '../../../bridge-server/sampling/differential.ts'
import { keepingKnown } from '../../../bridge-server/sampling/guidance.ts'
import type { Denoise } from '../../../bridge-server/sampling/sampler.ts'

const sigmas = [8, 4, 2, 1, 0]
const made: Denoise = (x) => Promise.resolve(x.map(() => 1))
const known = new Float32Array(6)

/** Which of the masks' latents are the model's at each step. */
const joined = async (mask: readonly number[], at = sigmas.slice(0, -1)) => {
  const denoise = freeingInTurn(made, Float32Array.from(mask), known, sigmas)
  const rows = []
  for (const sigma of at) rows.push([...(await denoise(new Float32Array(mask.length), sigma))])
  return rows
}

describe('differential diffusion', () => {
  test('lets a latent of mask m join for the last share m of the steps', async () => {
    expect(await joined([0, 0.01, 0.25, 0.5, 0.75, 1])).toEqual([
      [0, 0, 0, 0, 1, 1],
      [0, 0, 0, 1, 1, 1],
      [0, 0, 1, 1, 1, 1],
      [0, 1, 1, 1, 1, 1]
    ])
  })

  test('counts a call within a step to it', async () => {
    expect(await joined([0.25, 0.5], [7, 5, 3, 1.5, 0.5])).toEqual([
      [0, 0],
      [0, 0],
      [0, 1],
      [1, 1],
      [1, 1]
    ])
  })

  test('of a hard mask is the plain mask, to the bit', async () => {
    const mask = Float32Array.of(0, 1, 1, 0)
    const picture = Float32Array.of(0.1, 0.2, 0.3, 0.4)
    const denoise: Denoise = (x, sigma) => Promise.resolve(x.map((value) => value / (1 + sigma)))
    const x = Float32Array.of(1, 2, 3, 4)
    for (const sigma of sigmas.slice(0, -1))
      expect(await freeingInTurn(denoise, mask, picture, sigmas)(x, sigma)).toEqual(
        await keepingKnown(denoise, mask, picture)(x, sigma)
      )
    expect(everFree(mask)).toEqual(mask)
  })

  test('leaves only what is not selected at all as it was', () => {
    expect([...everFree(Float32Array.of(0, 1 / 255, 1))]).toEqual([0, 1, 1])
  })
})
