import { afterAll, beforeAll, expect, test } from 'vitest'
import { base64, patterned } from '../../support/sdapi.ts'
import { stubbedSdapi, type StubbedSdapi } from '../../support/stubbed-sdapi.ts'

// Bodies in the forms that programs send: their fields, their odd kinds of values, and what they send without meaning it.

let sdapi: StubbedSdapi
let picture = ''
beforeAll(async () => {
  sdapi = await stubbedSdapi()
  picture = await base64(patterned(64, 64))
})
afterAll(() => sdapi.close())

const txt2img: readonly (readonly [string, object, object])[] = [
  [
    'a chat that sends a few fields',
    {
      prompt: 'a boat',
      batch_size: 1,
      width: 64,
      height: 64,
      steps: 2,
      cfg_scale: 4.5,
      sampler_name: 'Euler a'
    },
    { sampling: { sampler: 'euler-a', guidance: 4.5 } }
  ],
  [
    'the schedule in the older name of the sampler, and nulls',
    {
      ...{ prompt: 'a boat', negative_prompt: null, seed: null, subseed: null, styles: null, eta: null },
      ...{ sampler_name: null, sampler_index: 'DPM++ 2M Karras', scheduler: null, width: 64, height: 64 },
      ...{ steps: 2, override_settings: null, script_name: null, script_args: null, alwayson_scripts: null }
    },
    { sampling: { sampler: 'dpmpp-2m', schedule: 'karras' } }
  ],
  [
    'numbers and switches as texts',
    {
      ...{ prompt: 'a boat', steps: '2', cfg_scale: '7.5', width: '64', height: '64', seed: '-1' },
      ...{ restore_faces: 'false', tiling: 'true', batch_size: '2', n_iter: 1.0, subseed_strength: '0' }
    },
    { count: 2, seamless: true, sampling: { steps: 2, guidance: 7.5 } }
  ],
  [
    'the whole schema with its placeholders, the second pass off',
    {
      ...{ enable_hr: false, denoising_strength: 0, firstphase_width: 0, firstphase_height: 0, hr_scale: 0 },
      ...{ hr_upscaler: 'string', hr_second_pass_steps: 0, hr_resize_x: 0, hr_resize_y: 0, steps: 2 },
      ...{ hr_checkpoint_name: 'string', hr_sampler_name: 'string', hr_prompt: '', hr_negative_prompt: '' },
      ...{ prompt: '', styles: [], seed: -1, subseed: -1, subseed_strength: 0, width: 64, height: 64 },
      ...{ seed_resize_from_h: -1, seed_resize_from_w: -1, sampler_name: 'Euler', batch_size: 1, n_iter: 1 },
      ...{ restore_faces: true, tiling: false, do_not_save_samples: false, do_not_save_grid: false, eta: 0 },
      ...{ s_min_uncond: 0, s_churn: 0, s_tmax: 0, s_tmin: 0, s_noise: 1, override_settings: {} },
      ...{ override_settings_restore_afterwards: true, refiner_checkpoint: '', refiner_switch_at: 0 },
      ...{ disable_extra_networks: false, comments: {}, sampler_index: 'Euler', script_name: '' },
      ...{ script_args: [], send_images: true, save_images: true, alwayson_scripts: {}, infotext: '' }
    },
    { mode: 'txt2img' }
  ],
  [
    'what an extension of the page shows as the request of the page',
    {
      ...{ prompt: 'a boat', steps: 2, width: 64, height: 64, sampler_name: 'Euler', scheduler: 'Automatic' },
      alwayson_scripts: {
        ...{ 'API payload': { args: [] }, Comments: { args: [] }, 'Extra options': { args: [] } },
        ...{
          Hypertile: { args: [] },
          Refiner: { args: [false, '', 0.8] },
          Seed: { args: [-1, false, -1, 0, 0, 0] }
        },
        ...{
          Sampler: { args: [20, 'DPM++ 2M', 'Automatic'] },
          'Soft inpainting': { args: [false, 1, 0.5, 4] }
        },
        ...{ ADetailer: { args: [false, false, { ad_model: 'face_yolov8n.pt' }] }, ControlNet: { args: [] } }
      }
    },
    { sampling: { sampler: 'euler' } }
  ],
  [
    'an upscaler by the web UI’s own name',
    {
      ...{ prompt: 'a boat', steps: 2, width: 64, height: 64, enable_hr: true, hr_scale: 2 },
      ...{ hr_upscaler: 'R-ESRGAN 4x+', denoising_strength: 0.4 }
    },
    { hires: { upscaler: 'up/RealESRGAN_x4plus' } }
  ]
]

test.each(txt2img)('txt2img: %s', async (_name, body, job) => {
  await sdapi.ask('/sdapi/v1/txt2img', body)
  expect(sdapi.jobs.at(-1)).toMatchObject(job)
})

const folded = (text: string): string => `\n ${text.replaceAll(/(.{76})/g, '$1\r\n')} \n`

test.each([
  ['plain base64', (text: string) => text],
  ['a data URL', (text: string) => `data:image/png;base64,${text}`],
  ['a data URL with parameters', (text: string) => `data:image/png;charset=utf-8;base64,${text}`],
  ['lines of 76 letters', folded],
  ['a data URL of such lines', (text: string) => `data:image/png;base64,${folded(text)}`]
])('img2img: pictures as %s', async (_name, as) => {
  const body = { prompt: '', steps: 2, width: 64, height: 64, denoising_strength: 0.5 }
  const pictures = { init_images: [as(picture)], mask: as(picture), inpainting_fill: 1, mask_blur: 0 }
  await sdapi.ask('/sdapi/v1/img2img', { ...body, ...pictures })
  expect(sdapi.jobs.at(-1)).toMatchObject({ mode: 'img2img', selection: { width: 64, height: 64 } })
})

test('without pictures in the answer, or with those that were sent', async () => {
  const body = { steps: 2, width: 64, height: 64, init_images: [picture], denoising_strength: 0.5 }
  expect(await sdapi.ask('/sdapi/v1/img2img', { ...body, send_images: false })).toMatchObject({
    images: [],
    parameters: { init_images: null }
  })
  expect(await sdapi.ask('/sdapi/v1/img2img', { ...body, include_init_images: true })).toMatchObject({
    parameters: { init_images: [picture] }
  })
})

test.each(['ADetailer', 'Self Attention Guidance', 'Refiner'])(
  'a script that is not here and switched on is refused by name: %s',
  async (name) => {
    const alwayson_scripts = { [name]: { args: [true, {}] } }
    await expect(
      sdapi.ask('/sdapi/v1/txt2img', { width: 64, height: 64, alwayson_scripts })
    ).rejects.toMatchObject({ field: `alwayson_scripts.${name}` })
  }
)
