import type { Fields } from './fields.ts'
import type { GenerateMode } from './scripts/script.ts'

/** What the web UI takes for said where a request does not say it, as its answers tell. */
const both = {
  ...{ prompt: '', negative_prompt: '', styles: null, seed: -1, subseed: -1, subseed_strength: 0 },
  ...{ seed_resize_from_h: -1, seed_resize_from_w: -1, sampler_name: null, sampler_index: 'Euler' },
  ...{ scheduler: null, batch_size: 1, n_iter: 1, steps: 50, cfg_scale: 7, width: 512, height: 512 },
  ...{ restore_faces: null, tiling: null, do_not_save_samples: false, do_not_save_grid: false },
  ...{ eta: null, s_min_uncond: null, s_churn: null, s_tmax: null, s_tmin: null, s_noise: null },
  ...{ override_settings: null, override_settings_restore_afterwards: true },
  ...{ refiner_checkpoint: null, refiner_switch_at: null, disable_extra_networks: false },
  ...{ firstpass_image: null, comments: null, script_name: null, script_args: [] },
  ...{ send_images: true, save_images: false, alwayson_scripts: {}, infotext: null, force_task_id: null }
} as const

const defaults = {
  txt2img: {
    ...both,
    ...{ enable_hr: false, denoising_strength: 0.75, firstphase_width: 0, firstphase_height: 0 },
    ...{ hr_scale: 2, hr_upscaler: null, hr_second_pass_steps: 0, hr_resize_x: 0, hr_resize_y: 0 },
    ...{ hr_checkpoint_name: null, hr_sampler_name: null, hr_scheduler: null, hr_prompt: '' },
    hr_negative_prompt: ''
  },
  img2img: {
    ...both,
    ...{ init_images: null, mask: null, resize_mode: 0, denoising_strength: 0.75, image_cfg_scale: null },
    ...{ mask_blur: null, mask_blur_x: 4, mask_blur_y: 4, mask_round: true, inpainting_fill: 0 },
    ...{ inpaint_full_res: true, inpaint_full_res_padding: 0, inpainting_mask_invert: 0 },
    ...{ initial_noise_multiplier: null, latent_mask: null, include_init_images: false }
  }
} as const

/** What was asked for and what was taken for said, without the pictures unless they are wanted. */
export function echoOf(fields: Fields, mode: GenerateMode): Readonly<Record<string, unknown>> {
  const echo = { ...defaults[mode], ...Object.fromEntries(fields.entries()) }
  return fields.flag('include_init_images', false) ? echo : { ...echo, init_images: null, mask: null }
}
