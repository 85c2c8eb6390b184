import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodePicture } from '../../../bridge-server/image/codec.ts'
import { findGolden } from '../../support/golden.ts'
import { startMarquee, type RunningMarquee } from '../../support/marquee.ts'

const root = findGolden('pictures')
const checkpoints = findGolden('checkpoints')
const extensions = findGolden('extensions')
const isThere = root !== null && checkpoints !== null && extensions !== null

interface Recorded {
  readonly [field: string]: unknown
  readonly model: string
  readonly scheduler: string
  readonly alwayson_scripts?: {
    readonly controlnet: { readonly args: readonly { readonly image: string }[] }
  }
  readonly init_images?: readonly string[]
  readonly tolerance: { readonly max_level: number; readonly share: number; readonly mean: number }
}

/** Those of diffusers name schedulers of theirs, which the API has no words for. */
const cases = root === null ? [] : readdirSync(root).filter((name) => !name.startsWith('diffusers-'))

describe.skipIf(!isThere)('recorded pictures come through /sdapi/v1', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-sdapi-'))
  let marquee: RunningMarquee
  beforeAll(async () => {
    const models = ['--models', checkpoints ?? '', '--models', extensions ?? '']
    marquee = await startMarquee(folder, ['--sdapi', 'open', ...models])
  })
  afterAll(async () => {
    await marquee.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test.each(cases)('%s', async (name) => {
    const at = path.join(root ?? '', name)
    const recorded = JSON.parse(readFileSync(path.join(at, 'request.json'), 'utf8')) as Recorded
    const base64 = (file: unknown) => readFileSync(path.join(at, String(file))).toString('base64')
    const files = Object.entries(recorded).filter(([field]) => field === 'mask' || field === 'depth')
    const units = recorded.alwayson_scripts?.controlnet.args ?? []
    const args = units.map((unit) => ({ ...unit, image: base64(unit.image) }))
    const body = {
      ...recorded,
      ...(units.length === 0 ? {} : { alwayson_scripts: { controlnet: { args } } }),
      // Recorded with the plain schedule for every sampler, where the web UI's Automatic is the sampler's own.
      ...(recorded.scheduler === 'Automatic' ? { scheduler: 'Uniform' } : {}),
      ...Object.fromEntries(files.map(([field, file]) => [field, base64(file)])),
      ...(recorded.init_images === undefined ? {} : { init_images: recorded.init_images.map(base64) }),
      override_settings: { sd_model_checkpoint: recorded.model, randn_source: 'CPU', overlay_inpaint: false }
    }
    const route = recorded.init_images === undefined ? 'txt2img' : 'img2img'
    const response = await fetch(new URL(`/sdapi/v1/${route}`, marquee.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
    const answer = (await response.json()) as { images: string[]; info: string }
    expect(response.status, JSON.stringify(answer).slice(0, 500)).toBe(200)
    // Maps of ControlNets come behind the pictures.
    expect(answer.images).toHaveLength(Number(recorded.batch_size) + units.length)
    for (const [i, image] of answer.images.slice(0, Number(recorded.batch_size)).entries()) {
      const expected = await decodePicture(
        readFileSync(path.join(at, i === 0 ? 'expected.png' : `expected-${i}.png`))
      )
      const made = await decodePicture(Buffer.from(image, 'base64'))
      expect([made.width, made.height]).toEqual([expected.width, expected.height])
      const levels = made.data.map((value, k) => Math.abs(value - (expected.data[k] ?? 0)))
      const { max_level, share, mean } = recorded.tolerance
      expect(levels.filter((level) => level <= max_level).length / levels.length).toBeGreaterThanOrEqual(
        share
      )
      expect(((4 / 3) * levels.reduce((sum, level) => sum + level, 0)) / levels.length).toBeLessThan(mean)
    }
  })
})
