import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canMeasureMemory, pictureMemory } from '../../support/peak-memory.ts'

// A checkpoint with the layers of Stable Diffusion 1.5 in a third of their width: 0.9 GB of float32, enough to be felt.

const megabyte = 2 ** 20
/** What the program adds, which is not the networks': a heap that grows, pieces that onnxruntime leaves over. Measured: 10 to 60 MB. */
const program = 96 * megabyte
const folder = mkdtempSync(path.join(tmpdir(), 'marquee-low-memory-'))
const checkpoint = path.join(folder, 'model.safetensors')

beforeAll(() => {
  const maker = path.resolve(import.meta.dirname, '../../bench/make-sd15.ts')
  execFileSync(process.execPath, ['--import', 'tsx', maker, checkpoint, '128', '64', '2'])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.runIf(canMeasureMemory)('a picture of 320 × 320', () => {
  test('takes no more memory than --memory says, by one network after the other and a VAE in tiles', async () => {
    const limit = 256 * megabyte
    const tight = await pictureMemory({ checkpoint, side: 320, memoryBytes: limit })
    expect(tight.error).toBeUndefined()
    expect(tight.bytes).toBe(320 * 320 * 4)
    expect(tight.open).toEqual(['VAE decoder'])
    expect(tight.peak).toBeLessThan(limit + program)

    // With room it takes several times that, or the limit would not have been felt.
    const roomy = await pictureMemory({ checkpoint, side: 320, memoryBytes: 4096 * megabyte })
    expect(roomy.open).toEqual(expect.arrayContaining(['text encoder', 'UNet', 'VAE decoder']))
    expect(roomy.peak).toBeGreaterThan(3 * limit)
  }, 300_000)

  test('is refused with the numbers, and what would fit, where not even that is enough', async () => {
    const { error, peak } = await pictureMemory({ checkpoint, side: 320, memoryBytes: 128 * megabyte })
    expect(error).toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(
        /^The UNet.* at 320×320 needs about \d+ MB; Marquee may use 128 MB\.$/
      ) as string,
      hint: expect.stringContaining('would fit') as string
    })
    expect(peak).toBeLessThan(128 * megabyte + program)
  }, 300_000)
})
