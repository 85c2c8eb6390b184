import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { GenerateRequest } from '../../../bridge-server/protocol/request.ts'
import { connect, newRequest, type Marquee } from '../../../plugin/client/marquee-client.ts'
import { startMarquee, type RunningMarquee } from '../../support/marquee.ts'
import { randomBelow } from '../../support/random.ts'
import { askSdapi, base64, imagesOf, patterned, unpacked } from '../../support/sdapi.ts'

// Requests drawn at random, in the words of both APIs: the same pixels to the bit. Every run draws the same ones.

const folder = mkdtempSync(path.join(tmpdir(), 'marquee-same-pixels-'))
let server: RunningMarquee
let marquee: Marquee
beforeAll(async () => {
  server = await startMarquee(folder, ['--sdapi', 'open', '--models', 'models'])
  const { origin, hash } = new URL(server.url)
  marquee = await connect({ url: origin, token: new URLSearchParams(hash.slice(1)).get('token') ?? '' })
})
afterAll(async () => {
  marquee.close()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** One wish in both languages: theirs, and what it changes of our request. */
interface Wish {
  readonly theirs: Readonly<Record<string, unknown>>
  readonly ours: Partial<Omit<GenerateRequest, 'sampling'>>
  readonly sampling?: Partial<GenerateRequest['sampling']>
}

type Draw = (below: number) => number

const pick = <T>(draw: Draw, choices: readonly T[]): T => {
  const found = choices[draw(choices.length)]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}

const samplers: readonly Wish[] = [
  { theirs: { sampler_name: 'Euler' }, ours: {}, sampling: { sampler: 'euler', schedule: 'normal' } },
  { theirs: { sampler_index: 'Euler a' }, ours: {}, sampling: { sampler: 'euler-a', schedule: 'normal' } },
  {
    theirs: { sampler_name: 'DPM++ 2M Karras' },
    ours: {},
    sampling: { sampler: 'dpmpp-2m', schedule: 'karras' }
  },
  {
    theirs: { sampler_name: 'DPM++ SDE', scheduler: 'Exponential' },
    ours: {},
    sampling: { sampler: 'dpmpp-sde', schedule: 'exponential' }
  },
  {
    theirs: { sampler_name: 'DDIM', eta: 0.5, scheduler: 'Uniform' },
    ours: {},
    sampling: { sampler: 'ddim', schedule: 'normal', eta: 0.5 }
  }
]

const nothing: Wish = { theirs: {}, ours: {} }
const size = { width: 64, height: 64 }

const wishes: readonly ((draw: Draw) => Wish)[] = [
  (draw) => pick(draw, samplers),
  (draw) => {
    const [steps, guidance, seed] = [1 + draw(4), 1 + draw(8), draw(2 ** 31)]
    return { theirs: { steps, cfg_scale: guidance, seed }, ours: {}, sampling: { steps, guidance, seed } }
  },
  (draw) => {
    const prompt = pick(draw, ['a red car', 'a (blue:1.3) boat', '[a house:a tree:0.5]', ''])
    const negativePrompt = pick(draw, ['', 'green'])
    return { theirs: { prompt, negative_prompt: negativePrompt }, ours: { prompt, negativePrompt } }
  },
  (draw) => {
    const noise = pick(draw, ['cpu', 'gpu'] as const)
    const clipSkip = 1 + draw(2)
    const override_settings = {
      ...{ sd_model_checkpoint: 'pocket', randn_source: noise === 'cpu' ? 'CPU' : 'NV' },
      CLIP_stop_at_last_layers: clipSkip
    }
    return { theirs: { override_settings }, ours: {}, sampling: { noise, clipSkip } }
  },
  (draw) => {
    const variationSeed = draw(1000)
    return draw(2) === 0
      ? { theirs: { subseed: variationSeed }, ours: {} }
      : {
          ...{ theirs: { subseed: variationSeed, subseed_strength: 0.25 }, ours: {} },
          sampling: { variationSeed, variationStrength: 0.25 }
        }
  },
  (draw) => (draw(3) === 0 ? { theirs: { tiling: true }, ours: { seamless: true } } : nothing),
  (draw) => {
    const count = 1 + draw(2)
    return { theirs: { batch_size: count }, ours: { count } }
  }
]
const beginnings: readonly (() => Promise<Wish>)[] = [
  () => Promise.resolve(nothing),
  () =>
    Promise.resolve({
      theirs: { enable_hr: true, hr_scale: 1.5, hr_upscaler: 'Lanczos', denoising_strength: 0.5 },
      ours: {
        canvas: { width: 96, height: 96 },
        area: { x: 0, y: 0, width: 96, height: 96 },
        hires: { size: { width: 96, height: 96 }, strength: 0.5, upscaler: 'lanczos' }
      }
    }),
  async () => {
    const picture = patterned(64, 64)
    return {
      theirs: { init_images: [await base64(picture)], denoising_strength: 0.6 },
      ours: {
        ...{ mode: 'img2img', strength: 0.6 },
        snapshot: await marquee.send({ ...size, format: 'rgba8', data: new Uint8ClampedArray(picture.data) })
      }
    }
  },
  async () => {
    const picture = patterned(64, 64, 3)
    const data = new Uint8Array(64 * 64).map((_, i) => (i % 64 < 24 ? 255 : 0))
    return {
      theirs: {
        ...{ init_images: [await base64(picture)], denoising_strength: 0.9 },
        mask: await base64({ ...size, data: rgbaOf(data) }),
        ...{ mask_blur: 0, inpainting_fill: 1, inpaint_full_res: false }
      },
      ours: {
        ...{ mode: 'img2img', strength: 0.9, webui: { roundMask: true } },
        snapshot: await marquee.send({ ...size, format: 'rgba8', data: new Uint8ClampedArray(picture.data) }),
        selection: await marquee.send({ ...size, format: 'gray8', data })
      }
    }
  }
]

/** Grey levels as an opaque picture. */
const rgbaOf = (levels: Uint8Array): Uint8ClampedArray<ArrayBuffer> =>
  new Uint8ClampedArray(4 * levels.length).map((_, i) => (i % 4 === 3 ? 255 : (levels[i >> 2] ?? 0)))

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])('request %d', async (number) => {
  const draw = randomBelow(number + 1)
  const begin = beginnings[number % beginnings.length] ?? beginnings[0]
  const beginning = (await begin?.()) ?? nothing
  const all = [...wishes.map((wish) => wish(draw)), beginning]
  const theirs = Object.assign({ ...size }, ...all.map((wish) => wish.theirs)) as Wish['theirs'] & {
    override_settings: object
  }
  const body = { ...theirs, override_settings: { ...theirs.override_settings, overlay_inpaint: false } }
  const route = 'init_images' in theirs ? 'img2img' : 'txt2img'
  const answered = imagesOf(await askSdapi(server.url, `/sdapi/v1/${route}`, body))

  const { models } = await marquee.catalogue()
  const pocket = models.find(({ id }) => id === 'pocket')
  if (pocket === undefined) throw new Error('the pocket model is missing')
  const ours = all.reduce<Wish['ours']>((sum, wish) => ({ ...sum, ...wish.ours }), {})
  const sampling = all.reduce<NonNullable<Wish['sampling']>>(
    (sum, wish) => ({ ...sum, ...wish.sampling }),
    {}
  )
  const steps = sampling.steps ?? 1
  const hires = ours.hires && { hires: { ...ours.hires, steps } }
  const request = newRequest(pocket, { canvas: size, workingSize: size, ...ours, ...hires, sampling })
  const { jobId, result } = await marquee.generate(request)
  expect(result.variations).toHaveLength(answered.length)
  for (const [i, { pixels }] of result.variations.entries()) {
    const bytes = await marquee.pixels(jobId, pixels)
    const told = JSON.stringify({ body: { ...body, init_images: undefined, mask: undefined } })
    expect(
      (await unpacked(answered[i])).data.every((value, k) => value === bytes[k]),
      told
    ).toBe(true)
  }
})
