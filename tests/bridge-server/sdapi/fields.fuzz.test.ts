import { afterAll, beforeAll, expect, it } from 'vitest'
import { AppError } from '../../../bridge-server/errors.ts'
import { createRandom } from '../../support/random.ts'
import { base64, patterned } from '../../support/sdapi.ts'
import { stubbedSdapi, type StubbedSdapi } from '../../support/stubbed-sdapi.ts'

// Bodies that clients send, broken field by field: an answer, or an AppError that says what is wrong. Every run is the same.

const bodies = 800

let sdapi: StubbedSdapi
beforeAll(async () => {
  sdapi = await stubbedSdapi()
})
afterAll(() => sdapi.close())

const oddities: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    -1,
    0,
    0.5,
    2,
    1e308,
    2 ** 53,
    '',
    ' ',
    '\0',
    '7',
    'nan',
    '\ud800',
    [],
    {},
    [[]],
    [null]
  ],
  ...[
    '__proto__',
    'constructor',
    '../../etc/passwd',
    'https://example.org/a.png',
    'data:,',
    'None',
    'a: b, c: d, e: f'
  ]
]

async function bodiesByRoute(): Promise<Readonly<Record<string, object>>> {
  const image = await base64(patterned(8, 8))
  const both = {
    ...{
      prompt: 'a car',
      steps: 2,
      width: 64,
      height: 64,
      cfg_scale: 3,
      sampler_name: 'Euler',
      scheduler: 'Karras'
    },
    ...{
      seed: 1,
      subseed: 2,
      subseed_strength: 0.1,
      batch_size: 1,
      n_iter: 1,
      styles: [],
      eta: 0.1,
      s_churn: 1
    },
    ...{ override_settings: { sd_vae: 'Automatic', CLIP_stop_at_last_layers: 2, emphasis: 'No norm' } },
    infotext: 'a\nSteps: 3, Sampler: Euler, CFG scale: 2, Mask blur: 2, Hires resize: 96x96',
    alwayson_scripts: {
      controlnet: {
        args: [
          {
            image,
            module: 'canny',
            model: 'canny',
            weight: 1,
            resize_mode: 1,
            threshold_a: 9,
            pixel_perfect: true
          }
        ]
      },
      ADetailer: { args: [] }
    },
    force_task_id: 't'
  }
  return {
    '/sdapi/v1/txt2img': {
      ...{ ...both, enable_hr: true, hr_scale: 1.5, hr_upscaler: 'Latent', hr_resize_x: 0 },
      ...{ script_name: 'Prompt matrix', script_args: [false, true, 'positive', 'comma', 0] }
    },
    '/sdapi/v1/img2img': {
      ...{ ...both, init_images: [image], mask: image, mask_blur_x: 1, mask_blur_y: 3, resize_mode: 1 },
      ...{ inpainting_fill: 1, inpaint_full_res: true, inpaint_full_res_padding: 4, denoising_strength: 0.5 }
    },
    '/sdapi/v1/extra-single-image': {
      ...{ image, resize_mode: 1, upscaling_resize_w: 32, upscaling_resize_h: 24, upscaling_crop: true },
      ...{
        upscaler_1: 'Lanczos',
        upscaler_2: 'Nearest',
        extras_upscaler_2_visibility: 0.5,
        gfpgan_visibility: 0
      }
    },
    '/sdapi/v1/extra-batch-images': { imageList: [{ data: image, name: 'a' }], upscaler_1: 'Nearest' },
    '/sdapi/v1/png-info': { image },
    '/sdapi/v1/options': { sd_model_checkpoint: 'fake', randn_source: 'NV', eta_noise_seed_delta: 1 },
    '/controlnet/detect': {
      ...{ controlnet_module: 'canny', controlnet_input_images: [image], controlnet_processor_res: 64 }
    },
    '/internal/progress': { id_task: 't', id_live_preview: -1, live_preview: true }
  }
}

/** Replaces, removes or adds a field somewhere. */
function breaker(random: () => number) {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const broken = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || random() < 0.1) return pick(oddities)
    if (Array.isArray(value)) {
      const items: readonly unknown[] = value
      return items.length > 0 && random() < 0.8 ? [broken(items[0])] : [...items, ...items]
    }
    const entries: [string, unknown][] = Object.entries(value)
    const at = Math.floor(random() * (entries.length + 1))
    if (at === entries.length) return { ...value, [String(pick(oddities))]: pick(oddities) }
    if (random() < 0.2) return Object.fromEntries(entries.filter((_, i) => i !== at))
    return Object.fromEntries(entries.map(([name, inner], i) => [name, i === at ? broken(inner) : inner]))
  }
  return { pick, broken }
}

it(`answers ${bodies} broken bodies, or says what is wrong`, { timeout: 300_000 }, async () => {
  const random = createRandom(1)
  const { pick, broken } = breaker(random)
  const valid = await bodiesByRoute()
  const known = sdapi.routes.filter(({ method, url }) => method === 'POST' && Object.hasOwn(valid, url))
  let answers = 0
  const refused = new Set<string>()
  for (let sent = 0; sent < bodies; sent++) {
    const { url, answer } = pick(known)
    let body: unknown = valid[url]
    while (random() < 0.6) body = broken(body)
    try {
      await answer({ client: `client-${sent % 50}`, body, query: {}, signal: new AbortController().signal })
      answers++
    } catch (error) {
      expect(error, `${url} ${JSON.stringify(body).slice(0, 2000)}`).toBeInstanceOf(AppError)
      if (error instanceof AppError) refused.add(error.field ?? error.code)
    }
  }
  expect(answers).toBeGreaterThan(bodies / 10)
  // Broken in many places, not again and again in the first that is looked at.
  expect(refused.size).toBeGreaterThan(25)
})
