import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { markMade } from '../../../bridge-server/image/mark-made.ts'
import { sourceIn } from '../../../bridge-server/image/provenance.ts'
import { resizeRgba } from '../../../bridge-server/image/resize.ts'
import { askSdapi, base64, imagesOf, patterned, unpacked } from '../../support/sdapi.ts'
import { exifWith, jpegWithExif } from '../../support/exif.ts'
import { startMarquee, type RunningMarquee } from '../../support/marquee.ts'

// What clients of the web UI do, on the pocket model over HTTP.

const folder = mkdtempSync(path.join(tmpdir(), 'marquee-sdapi-clients-'))
let marquee: RunningMarquee
beforeAll(async () => {
  marquee = await startMarquee(folder, [
    ...['--sdapi', 'open', '--models', 'models'],
    ...['--models', 'tests/fixtures/upscalers']
  ])
})
afterAll(async () => {
  await marquee.stop()
  rmSync(folder, { recursive: true, force: true })
})

const ask = (route: string, body?: unknown) => askSdapi(marquee.url, route, body)
const small = { prompt: 'a red car', steps: 3, width: 64, height: 64, seed: 5, cfg_scale: 3 }

describe('the infotext of a picture, sent back, gives the same picture', () => {
  const cases: readonly (readonly [string, object])[] = [
    ['plain', { sampler_name: 'DPM++ 2M Karras', negative_prompt: 'blue, "dull": x' }],
    [
      'ancestral with options',
      { sampler_index: 'Euler a', eta: 0.5, override_settings: { eta_noise_seed_delta: 31337 } }
    ],
    ['DDIM', { sampler_name: 'DDIM', eta: 0.4, override_settings: { randn_source: 'CPU' } }],
    [
      'variation',
      {
        sampler_name: 'Heun',
        subseed: 9,
        subseed_strength: 0.3,
        seed_resize_from_w: 96,
        seed_resize_from_h: 64
      }
    ],
    [
      'churn and emphasis',
      { s_churn: 5, s_noise: 1.01, prompt: 'a (red:1.4) car', override_settings: { emphasis: 'No norm' } }
    ],
    [
      'hires',
      {
        enable_hr: true,
        hr_scale: 1.5,
        hr_upscaler: 'Latent',
        denoising_strength: 0.7,
        hr_sampler_name: 'Euler a'
      }
    ],
    ['tiling', { tiling: true, sampler_name: 'Euler a' }],
    [
      'hires, to a size',
      {
        enable_hr: true,
        hr_resize_x: 88,
        hr_resize_y: 88,
        hr_upscaler: 'Lanczos',
        denoising_strength: 0.5,
        hr_scheduler: 'Karras'
      }
    ]
  ]
  test.each(cases)('%s', async (_name, more) => {
    const first = await ask('/sdapi/v1/txt2img', { ...small, ...more })
    const [image] = imagesOf(first)
    const info = JSON.parse(String(first.json.info)) as { infotexts: string[] }
    expect((await ask('/sdapi/v1/png-info', { image })).json.info).toBe(info.infotexts[0])
    const second = await ask('/sdapi/v1/txt2img', { infotext: info.infotexts[0] })
    expect((await unpacked(imagesOf(second)[0])).data).toEqual((await unpacked(image)).data)
  })

  test('a masked one', async () => {
    const mask = await base64({
      ...patterned(64, 64),
      data: patterned(64, 64).data.map((_, i) => (i % 4 === 3 || i % 256 < 128 ? 255 : 0))
    })
    const pictures = { init_images: [await base64(patterned(64, 64))], mask }
    const settings = {
      mask_blur_x: 2,
      mask_blur_y: 0,
      inpainting_fill: 2,
      inpaint_full_res: false,
      inpainting_mask_invert: 1
    }
    const first = await ask('/sdapi/v1/img2img', {
      ...small,
      ...pictures,
      ...settings,
      denoising_strength: 0.8
    })
    const info = JSON.parse(String(first.json.info)) as { infotexts: string[] }
    const second = await ask('/sdapi/v1/img2img', { ...pictures, infotext: info.infotexts[0] })
    expect((await unpacked(imagesOf(second)[0])).data).toEqual((await unpacked(imagesOf(first)[0])).data)
  })
})

test('seeds of batches follow one another over all iterations', async () => {
  const all = await ask('/sdapi/v1/txt2img', { ...small, batch_size: 2, n_iter: 2 })
  const info = JSON.parse(String(all.json.info)) as { all_seeds: number[]; infotexts: string[] }
  expect(info.all_seeds).toEqual([5, 6, 7, 8])
  expect(info.infotexts.map((text) => /Seed: (\d+)/.exec(text)?.[1])).toEqual(['5', '6', '7', '8'])
  const last = await ask('/sdapi/v1/txt2img', { ...small, seed: 8 })
  expect((await unpacked(imagesOf(last)[0])).data).toEqual((await unpacked(imagesOf(all)[3])).data)
})

describe('extras', () => {
  const picture = patterned(32, 24)

  test('to a factor', async () => {
    const { json, status } = await ask('/sdapi/v1/extra-single-image', {
      image: `data:image/png;base64,${await base64(picture, { parameters: 'a car\nSteps: 1, Sampler: Euler, Seed: 2' })}`,
      ...{ upscaling_resize: 2.5, upscaler_1: 'Lanczos', gfpgan_visibility: 0 }
    })
    expect(status, JSON.stringify(json)).toBe(200)
    expect(String(json.html_info)).toContain('Postprocess upscale by: 2.5')
    const made = await unpacked(json.image)
    expect(made.data).toEqual(resizeRgba(picture, { width: 80, height: 56 }, 'lanczos').data)
    const { json: info } = await ask('/sdapi/v1/png-info', { image: json.image })
    expect(info.parameters).toMatchObject({ Prompt: 'a car', Seed: '2', 'Clip skip': '1' })
  })

  test.each([
    [true, [64, 64]],
    [false, [80, 64]]
  ])('to a size, cropped: %s', async (upscaling_crop, size) => {
    const { json } = await ask('/sdapi/v1/extra-single-image', {
      ...{ image: await base64(picture), resize_mode: 1, upscaling_resize_w: 64, upscaling_resize_h: 64 },
      ...{ upscaling_crop, upscaler_1: 'Nearest' }
    })
    const made = await unpacked(json.image)
    expect([made.width, made.height]).toEqual(size)
  })

  test('two upscalers are mixed by visibility', async () => {
    const size = { width: 64, height: 48 }
    const answer = await ask('/sdapi/v1/extra-batch-images', {
      imageList: [
        { data: await base64(picture), name: 'a.png' },
        { data: await base64(patterned(8, 8)), name: 'b' }
      ],
      ...{ upscaler_1: 'Lanczos', upscaler_2: 'Nearest', extras_upscaler_2_visibility: 0.25 }
    })
    const images = imagesOf(answer)
    expect(images).toHaveLength(2)
    const [first, second] = [
      resizeRgba(picture, size, 'lanczos').data,
      resizeRgba(picture, size, 'nearest').data
    ]
    const made = (await unpacked(images[0])).data
    const between = first.map((value, i) => Math.trunc(value + 0.25 * ((second[i] ?? 0) - value)))
    expect(made).toEqual(between)
  })

  test('by a network, which the list names', async () => {
    const { json: listed } = await ask('/sdapi/v1/upscalers')
    expect(Object.values(listed)).toContainEqual(expect.objectContaining({ name: 'rrdb-x2' }))
    const asked = { image: await base64(picture), upscaler_1: 'rrdb-x2', upscaling_resize: 2 }
    const { json } = await ask('/sdapi/v1/extra-single-image', asked)
    const made = await unpacked(json.image)
    const byFilter = resizeRgba(picture, { width: 64, height: 48 }, 'lanczos')
    expect([made.width, made.height]).toEqual([64, 48])
    expect(made.data).not.toEqual(byFilter.data)
    const again = await ask('/sdapi/v1/extra-single-image', asked)
    expect((await unpacked(again.json.image)).data).toEqual(made.data)
  })

  test('without an upscaler a picture comes back as it is', async () => {
    const { json } = await ask('/sdapi/v1/extra-single-image', { image: await base64(picture) })
    expect((await unpacked(json.image)).data).toEqual(picture.data)
  })

  test.each([
    ['gfpgan_visibility', { gfpgan_visibility: 0.5 }],
    ['codeformer_visibility', { codeformer_visibility: 1 }],
    ['upscaler_1', { upscaler_1: 'R-ESRGAN of nobody' }],
    ['upscaling_resize', { upscaling_resize: 0.5 }],
    ['image', { image: 'bm8gcGljdHVyZQ==' }]
  ])('what cannot be had is refused by name: %s', async (field, more) => {
    const { status, json } = await ask('/sdapi/v1/extra-single-image', {
      image: await base64(picture),
      ...more
    })
    expect([status, json.detail]).toMatchObject([422, [{ loc: ['body', field] }]])
  })
})

test('png-info reads the EXIF comment of JPEG and WebP files that others wrote', async () => {
  const text =
    'a castle, größer\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 8x8'
  const jpeg = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
    .jpeg()
    .toBuffer()
  const file = jpegWithExif(jpeg, exifWith(text))
  const { json } = await ask('/sdapi/v1/png-info', { image: file.toString('base64') })
  expect(json.info).toBe(text)
  expect(json.parameters).toMatchObject({
    Prompt: 'a castle, größer',
    'Negative prompt': 'fog',
    'Size-1': '8'
  })
})

describe('ControlNet', () => {
  test('lists say what there is, and detect makes the maps', async () => {
    const { json: modules } = await ask('/controlnet/module_list')
    expect(modules.module_list).toEqual(
      expect.arrayContaining(['none', 'canny', 'scribble_xdog', 'tile_resample'])
    )
    expect((await ask('/controlnet/control_types')).json.control_types).toHaveProperty('All')
    const detected = await ask('/controlnet/detect', {
      controlnet_module: 'canny',
      controlnet_images: [await base64(patterned(32, 16))],
      ...{ controlnet_processor_res: 64, controlnet_threshold_a: 9999 }
    })
    const map = await unpacked(imagesOf(detected)[0])
    expect([map.width, map.height]).toEqual([128, 64])
  })

  test.each([
    ['controlnet_module', { controlnet_module: 'nobody' }],
    ['controlnet_input_images', { controlnet_module: 'canny', controlnet_input_images: [] }]
  ])('detect refuses by name: %s', async (field, body) => {
    const { status, json } = await ask('/controlnet/detect', body)
    expect([status, json.detail]).toMatchObject([422, [{ loc: ['body', field] }]])
  })
})

describe('resize_mode 3, as latents', () => {
  const same = { ...small, init_images: [] as string[], denoising_strength: 0.6, resize_mode: 3 }

  test('is any other where nothing is to be resized', async () => {
    const init_images = [await base64(patterned(64, 64))]
    const [latent, plain] = [
      await ask('/sdapi/v1/img2img', { ...same, init_images }),
      await ask('/sdapi/v1/img2img', { ...same, init_images, resize_mode: 0 })
    ]
    expect((await unpacked(imagesOf(latent)[0])).data).toEqual((await unpacked(imagesOf(plain)[0])).data)
  })

  test('takes any size and answers the size that is asked for; not the picture that resizing pixels gives', async () => {
    const init_images = [await base64(patterned(75, 41))]
    const [latent, plain] = [
      await ask('/sdapi/v1/img2img', { ...same, init_images, width: 96 }),
      await ask('/sdapi/v1/img2img', { ...same, init_images, width: 96, resize_mode: 0 })
    ]
    const made = await unpacked(imagesOf(latent)[0])
    expect([made.width, made.height]).toEqual([96, 64])
    expect(made.data).not.toEqual((await unpacked(imagesOf(plain)[0])).data)
  })

  test('is refused by name with a mask over the whole picture', async () => {
    const picture = await base64(patterned(64, 64))
    const { status, json } = await ask('/sdapi/v1/img2img', {
      ...{ ...same, init_images: [picture], mask: picture },
      inpaint_full_res: false
    })
    expect([status, json.detail]).toMatchObject([422, [{ loc: ['body', 'resize_mode'] }]])
  })
})

describe('a second pass of its own', () => {
  const hires = { enable_hr: true, hr_scale: 1.5, hr_upscaler: 'Lanczos', denoising_strength: 0.5 }
  const own = { hr_prompt: 'a yellow house', hr_negative_prompt: 'blue' }

  test('has its prompts: it is img2img of the first pass’s picture, made larger', async () => {
    const first = await ask('/sdapi/v1/txt2img', { ...small, negative_prompt: 'green' })
    const both = await ask('/sdapi/v1/txt2img', {
      ...{ ...small, ...hires, ...own },
      ...{ negative_prompt: 'green', hr_second_pass_steps: 4 }
    })
    const second = await ask('/sdapi/v1/img2img', {
      ...small,
      init_images: [imagesOf(first)[0]],
      // 4 of a second pass at 0.5 are the last 4 of 8, which img2img makes at less than 4/8.
      ...{ width: 96, height: 96, steps: 8, denoising_strength: 0.45 },
      ...{ prompt: own.hr_prompt, negative_prompt: own.hr_negative_prompt }
    })
    const [expected, made] = [await unpacked(imagesOf(second)[0]), await unpacked(imagesOf(both)[0])]
    expect(Buffer.from(made.data).equals(Buffer.from(expected.data))).toBe(true)
  })

  test('has its checkpoint, and comes back from its infotext', async () => {
    const asked = { ...small, ...hires, ...own }
    const plain = await ask('/sdapi/v1/txt2img', asked)
    const made = await ask('/sdapi/v1/txt2img', { ...asked, hr_checkpoint_name: 'pocket-depth' })
    expect((await unpacked(imagesOf(made)[0])).data).not.toEqual((await unpacked(imagesOf(plain)[0])).data)
    const info = JSON.parse(String(made.json.info)) as { infotexts: string[] }
    expect(info.infotexts[0]).toMatch(
      /Hires checkpoint: pocket-depth.*, Hires prompt: a yellow house, Hires negative prompt: blue/
    )
    const again = await ask('/sdapi/v1/txt2img', { infotext: info.infotexts[0] })
    expect((await unpacked(imagesOf(again)[0])).data).toEqual((await unpacked(imagesOf(made)[0])).data)
  })

  test('a checkpoint that is not there is refused by name', async () => {
    const { status, json } = await ask('/sdapi/v1/txt2img', {
      ...{ ...small, ...hires },
      hr_checkpoint_name: 'nobody'
    })
    expect([status, json.detail]).toMatchObject([422, [{ loc: ['body', 'hr_checkpoint_name'] }]])
  })
})

test('tiling: the edges of a picture meet as its middle does', async () => {
  // A frame of its own is what shows a seam; both sides of it have nothing in common.
  const step = async (tiling: boolean) => {
    const answer = await ask('/sdapi/v1/txt2img', {
      ...{ ...small, steps: 8, width: 128, prompt: 'a red brick wall' },
      ...{ tiling, batch_size: 4 }
    })
    const pictures = await Promise.all(imagesOf(answer).map(unpacked))
    const across = (x: number, next: number) =>
      mean(
        pictures.flatMap(({ width, height, data }) =>
          Array.from({ length: height * 3 }, (_, i) => {
            const row = 4 * width * Math.floor(i / 3) + (i % 3)
            return Math.abs((data[row + 4 * x] ?? NaN) - (data[row + 4 * next] ?? NaN))
          })
        )
      )
    const inside = mean(Array.from({ length: 126 }, (_, x) => across(x, x + 1)))
    return across(127, 0) / inside
  }
  expect(await step(true)).toBeLessThan(1.6)
  expect(await step(false)).toBeGreaterThan(2)
})

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

describe('where a picture comes from', () => {
  test('is said by XMP, and by the watermark where that is wanted', async () => {
    const made = { ...small, width: 256, height: 256, steps: 1 }
    const plain = await ask('/sdapi/v1/txt2img', made)
    const marked = await ask('/sdapi/v1/txt2img', {
      ...made,
      override_settings: { do_not_add_watermark: false }
    })
    const [exact, other] = [await unpacked(imagesOf(plain)[0]), await unpacked(imagesOf(marked)[0])]
    expect(other.data).toEqual(markMade(exact, null).data)
    expect(other.data).not.toEqual(exact.data)
    const { json } = await ask('/sdapi/v1/png-info', { image: imagesOf(plain)[0] })
    expect(sourceIn(json.items as Record<string, string>)).toBe('trainedAlgorithmicMedia')
    const edited = await ask('/sdapi/v1/img2img', {
      ...small,
      init_images: [await base64(patterned(64, 64))]
    })
    const larger = await ask('/sdapi/v1/extra-single-image', {
      image: imagesOf(edited)[0],
      upscaler_1: 'Nearest'
    })
    const { json: after } = await ask('/sdapi/v1/png-info', { image: larger.json.image })
    expect(sourceIn(after.items as Record<string, string>)).toBe('compositeWithTrainedAlgorithmicMedia')
  })
})

test('faces stay as they are, as in the web UI where no network mends them, and the answer says so', async () => {
  const [plain, asked] = [
    await ask('/sdapi/v1/txt2img', small),
    await ask('/sdapi/v1/txt2img', { ...small, restore_faces: true })
  ]
  expect((await unpacked(imagesOf(asked)[0])).data).toEqual((await unpacked(imagesOf(plain)[0])).data)
  expect(JSON.parse(String(asked.json.info))).toMatchObject({ restore_faces: false })
})

describe('what goes wrong has a detail', () => {
  test.each([
    ['a script that is not here', { ...small, script_name: 'Outpainting mk2' }, 422],
    ['a prompt that cannot be read', { ...small, prompt: 'a <lora:x:much> boat' }, 422],
    ['a body that is no object', [1], 422]
  ])('%s', async (_name, body, status) => {
    const answer = await ask('/sdapi/v1/txt2img', body)
    expect(answer.status).toBe(status)
    expect(answer.json.detail).toBeTruthy()
  })
})

test('a request can be found by its task, ended, and the next one made', async () => {
  const task = 'task(of a client)'
  const making = ask('/sdapi/v1/txt2img', { ...small, steps: 150, n_iter: 8, force_task_id: task })
  let pending: unknown = []
  while (!JSON.stringify(pending).includes(task)) pending = (await ask('/internal/pendingTasks')).json.tasks
  expect((await ask('/internal/progress', { id_task: task })).json).toMatchObject({
    active: true,
    completed: false
  })
  await ask('/sdapi/v1/skip', {})
  await ask('/sdapi/v1/interrupt', {})
  expect(imagesOf(await making).length).toBeLessThan(8)
  expect((await ask('/internal/progress', { id_task: task })).json).toMatchObject({
    active: false,
    completed: true
  })
  expect(await ask('/sdapi/v1/unload-checkpoint', {})).toEqual({ status: 200, json: {} })
  expect(imagesOf(await ask('/sdapi/v1/txt2img', small))).toHaveLength(1)
  expect((await ask('/sdapi/v1/reload-checkpoint', {})).status).toBe(200)
})

test('every list that clients read is there', async () => {
  const gets = [
    ...[
      'options',
      'cmd-flags',
      'samplers',
      'schedulers',
      'upscalers',
      'latent-upscale-modes',
      'sd-models',
      'sd-vae'
    ],
    ...[
      'hypernetworks',
      'face-restorers',
      'realesrgan-models',
      'prompt-styles',
      'embeddings',
      'memory',
      'scripts'
    ],
    ...['script-info', 'extensions', 'loras', 'progress']
  ].map((name) => `/sdapi/v1/${name}`)
  const others = ['/internal/ping', '/controlnet/version', '/controlnet/settings', '/controlnet/model_list']
  for (const route of [...gets, ...others]) expect((await ask(route)).status, route).toBe(200)
  for (const name of ['checkpoints', 'vae', 'loras', 'embeddings'])
    expect((await ask(`/sdapi/v1/refresh-${name}`, {})).status, name).toBe(200)
})
