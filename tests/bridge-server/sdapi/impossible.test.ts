import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AppError } from '../../../bridge-server/errors.ts'
import { base64, patterned } from '../../support/sdapi.ts'
import { stubbedSdapi, type StubbedSdapi } from '../../support/stubbed-sdapi.ts'

// Every field of the web UI's requests, with values that it cannot have: the answer names the field.

let sdapi: StubbedSdapi
let picture = ''
beforeAll(async () => {
  sdapi = await stubbedSdapi()
  picture = await base64(patterned(8, 8))
})
afterAll(() => sdapi.close())

const notNumbers = ['many', '', [], {}, [1], 'NaN', 'Infinity']
const notWhole = [...notNumbers, 1.5]
const notFlags = ['perhaps', 7, [], {}, 0.5]
const notTexts = [5, true, [], {}]

type Fields = Readonly<Record<string, readonly unknown[]>>

const both: Fields = {
  ...{ prompt: notTexts, negative_prompt: notTexts, styles: ['x', 5, {}, [5], ['nobody']] },
  ...{ seed: [...notWhole, -2, 2 ** 32], subseed: [...notWhole, -2, 2 ** 32] },
  ...{ subseed_strength: [...notNumbers, -0.1, 1.1] },
  ...{ seed_resize_from_w: [...notWhole, -2, 10_000], seed_resize_from_h: [...notWhole, -2, 10_000] },
  ...{ sampler_name: [...notTexts, 'Eulerian', 'Euler of nobody'], sampler_index: [...notTexts, 'Eulerian'] },
  ...{ scheduler: [...notTexts, 'Never'], batch_size: [...notWhole, 0, -1, 65] },
  ...{ n_iter: [...notWhole, 0, -1, 65], steps: [...notWhole, 0, -1, 151] },
  ...{
    cfg_scale: [...notNumbers, -1, 31],
    width: [...notWhole, 0, 63, 4097],
    height: [...notWhole, -8, 4097]
  },
  ...{ restore_faces: notFlags, tiling: notFlags, send_images: notFlags, save_images: notFlags },
  ...{ do_not_save_samples: notFlags, do_not_save_grid: notFlags },
  ...{ eta: [...notNumbers, -1, 3], s_min_uncond: [...notNumbers, 1], s_churn: [...notNumbers, -1, 101] },
  ...{ s_tmax: [...notNumbers, -1], s_tmin: [...notNumbers, -1], s_noise: [...notNumbers, -1, 3] },
  ...{ override_settings: ['x', 5, []], override_settings_restore_afterwards: notFlags },
  ...{ refiner_checkpoint: [...notTexts, 'nobody'], refiner_switch_at: [...notNumbers, -1, 2] },
  ...{ disable_extra_networks: notFlags, firstpass_image: [5, {}], comments: ['x', 5, []] },
  ...{ script_name: [...notTexts, 'nobody'], script_args: ['x', 5, {}], alwayson_scripts: ['x', 5, []] },
  ...{ force_task_id: notTexts, infotext: notTexts, denoising_strength: [...notNumbers, -0.1, 1.1] }
}

const byMode = {
  txt2img: {
    ...both,
    ...{
      enable_hr: notFlags,
      firstphase_width: [...notWhole, -1, 9000],
      firstphase_height: [...notWhole, -1]
    },
    ...{ hr_scale: [...notNumbers, 0, -1, 9], hr_upscaler: [...notTexts, 'nobody'] },
    ...{ hr_second_pass_steps: [...notWhole, -1, 151], hr_resize_x: [...notWhole, -1, 9000] },
    ...{ hr_resize_y: [...notWhole, -1, 9000], hr_checkpoint_name: [...notTexts, 'nobody'] },
    ...{ hr_sampler_name: [...notTexts, 'nobody'], hr_scheduler: [...notTexts, 'nobody'] },
    ...{ hr_prompt: notTexts, hr_negative_prompt: notTexts, hr_cfg: [...notNumbers, -1, 31] }
  },
  img2img: {
    ...both,
    ...{ init_images: ['x', 5, {}, [], [5]], resize_mode: [...notWhole, -1, 4] },
    ...{ image_cfg_scale: [...notNumbers, -1], mask: [5, [], {}, 'https://example.org/a.png'] },
    ...{ mask_blur: [...notWhole, -1, 257], mask_blur_x: [...notWhole, -1], mask_blur_y: [...notWhole, -1] },
    ...{ mask_round: notFlags, inpainting_fill: [...notWhole, -1, 4], inpaint_full_res: notFlags },
    ...{ inpaint_full_res_padding: [...notWhole, -1], inpainting_mask_invert: [...notWhole, -1, 2] },
    ...{
      initial_noise_multiplier: [...notNumbers, -1, 3],
      latent_mask: [5, {}],
      include_init_images: notFlags
    }
  }
} satisfies Readonly<Record<string, Fields>>

async function refusedByName(url: string, body: object, { field, values }: Tried): Promise<void> {
  for (const value of values) {
    const asked = sdapi.ask(url, { ...body, [field]: value })
    const error: unknown = await asked.then(() => null).catch((thrown: unknown) => thrown)
    const about = `${field}: ${JSON.stringify(value)}`
    expect(error, about).toBeInstanceOf(AppError)
    if (error instanceof AppError) expect(error.field?.split('.')[0], about).toBe(field)
  }
}

interface Tried {
  readonly field: string
  readonly values: readonly unknown[]
}

describe.each(['txt2img', 'img2img'] as const)('%s', (mode) => {
  test.each(Object.entries<readonly unknown[]>(byMode[mode]))('%s', async (field, values) => {
    const small = { prompt: 'a red car', steps: 1, width: 64, height: 64 }
    const body = mode === 'img2img' ? { ...small, init_images: [picture], mask: picture } : small
    const more = field.startsWith('hr_') ? { enable_hr: true } : {}
    await refusedByName(`/sdapi/v1/${mode}`, { ...body, ...more }, { field, values })
  })
})

const extras: Fields = {
  ...{ resize_mode: [...notWhole, -1, 2], show_extras_results: notFlags, upscale_first: notFlags },
  ...{ gfpgan_visibility: [...notNumbers, -1, 2, 0.5], codeformer_visibility: [...notNumbers, -1, 2, 1] },
  ...{ codeformer_weight: [...notNumbers, -1, 2], upscaling_resize: [...notNumbers, 0, 9] },
  ...{ upscaling_resize_w: [...notWhole, 0, 20_000], upscaling_resize_h: [...notWhole, 0, 20_000] },
  ...{ upscaling_crop: notFlags, upscaler_1: [...notTexts, 'nobody'], upscaler_2: [...notTexts, 'nobody'] },
  ...{ extras_upscaler_2_visibility: [...notNumbers, -1, 2], image: [5, [], {}, '', 'x'] }
}
test.each(Object.entries(extras))('extra-single-image: %s', async (field, values) => {
  const body = { image: picture, upscaler_1: 'Nearest' }
  await refusedByName('/sdapi/v1/extra-single-image', body, { field, values })
})

const options: Fields = {
  ...{ sd_model_checkpoint: [...notTexts, 'nobody'], sd_vae: [...notTexts, 'nobody'] },
  ...{ CLIP_stop_at_last_layers: [...notWhole, 0, 13], randn_source: [...notTexts, 'TPU'] },
  ...{ eta_noise_seed_delta: [...notWhole, -1, 2 ** 32], emphasis: [...notTexts, 'much'] },
  ...{
    eta_ancestral: [...notNumbers, -1, 3],
    eta_ddim: [...notNumbers, -1, 3],
    s_churn: [...notNumbers, -1]
  },
  ...{ s_tmin: [...notNumbers, -1], s_tmax: [...notNumbers, -1], s_noise: [...notNumbers, -1] },
  ...{ initial_noise_multiplier: [...notNumbers, -1], overlay_inpaint: notFlags, tiling: notFlags },
  ...{
    img2img_color_correction: notFlags,
    do_not_add_watermark: notFlags,
    samples_format: [...notTexts, 'gif']
  },
  ...{ img2img_background_color: [...notTexts, 'white', '#fff'] }
}
test.each(Object.entries(options))('options: %s', async (field, values) => {
  await refusedByName('/sdapi/v1/options', {}, { field, values })
  const small = { steps: 1, width: 64, height: 64 }
  for (const value of values) {
    const asked = sdapi.ask('/sdapi/v1/txt2img', { ...small, override_settings: { [field]: value } })
    await expect(asked, JSON.stringify(value)).rejects.toMatchObject({ field: `override_settings.${field}` })
  }
})

test('fields that nobody knows are tolerated everywhere', async () => {
  const unknown = { a_field_of_next_year: { a: [1] }, __proto__: 5, '': null }
  const small = { steps: 1, width: 64, height: 64, ...unknown }
  const override_settings = { an_option_of_next_year: [1] }
  await sdapi.ask('/sdapi/v1/txt2img', { ...small, override_settings })
  await sdapi.ask('/sdapi/v1/img2img', { ...small, init_images: [picture] })
  await sdapi.ask('/sdapi/v1/extra-single-image', { image: picture, ...unknown })
  await sdapi.ask('/sdapi/v1/options', override_settings)
  expect(await sdapi.ask('/sdapi/v1/options')).toMatchObject(override_settings)
})
