import { readParameters } from '../image/metadata.ts'
import { isObject, wrong } from './fields.ts'
import { fillNames } from './starts.ts'

/** A request's field by the name that an infotext has for it. */
const fieldNames: Readonly<Record<string, string>> = {
  Steps: 'steps',
  Sampler: 'sampler_name',
  'Schedule type': 'scheduler',
  'CFG scale': 'cfg_scale',
  Seed: 'seed',
  'Size-1': 'width',
  'Size-2': 'height',
  'Variation seed': 'subseed',
  'Variation seed strength': 'subseed_strength',
  'Seed resize from-1': 'seed_resize_from_w',
  'Seed resize from-2': 'seed_resize_from_h',
  'Denoising strength': 'denoising_strength',
  'Hires upscale': 'hr_scale',
  'Hires resize-1': 'hr_resize_x',
  'Hires resize-2': 'hr_resize_y',
  'Hires steps': 'hr_second_pass_steps',
  'Hires upscaler': 'hr_upscaler',
  'Hires sampler': 'hr_sampler_name',
  'Hires schedule type': 'hr_scheduler',
  'Hires CFG scale': 'hr_cfg',
  'Hires checkpoint': 'hr_checkpoint_name',
  'Hires prompt': 'hr_prompt',
  'Hires negative prompt': 'hr_negative_prompt',
  Tiling: 'tiling',
  Eta: 'eta',
  'Eta DDIM': 'eta',
  'Mask blur': 'mask_blur',
  'Mask blur x': 'mask_blur_x',
  'Mask blur y': 'mask_blur_y',
  'Masked area padding': 'inpaint_full_res_padding'
}

/** An option by the name that an infotext has for it. */
const optionNames: Readonly<Record<string, string>> = {
  VAE: 'sd_vae',
  'Clip skip': 'CLIP_stop_at_last_layers',
  ENSD: 'eta_noise_seed_delta',
  RNG: 'randn_source',
  'Sigma noise': 's_noise',
  'Sigma churn': 's_churn',
  'Sigma tmin': 's_tmin',
  'Sigma tmax': 's_tmax',
  'Noise multiplier': 'initial_noise_multiplier',
  Emphasis: 'emphasis'
}

/**
 * A request with what the text in its field `infotext` says, as the web UI applies it: what the request says itself counts more.
 * Throws AppError that names the field.
 */
export function withInfotext(body: unknown): unknown {
  if (!isObject(body)) return body
  const { infotext, ...rest } = body
  if (infotext === undefined || infotext === null || infotext === '') return rest
  if (typeof infotext !== 'string') throw wrong('infotext', 'must be a text.')
  const { prompt, negativePrompt, fields } = readParameters(infotext)
  const said = { prompt, negative_prompt: negativePrompt, ...mapped(fields, fieldNames), ...chosen(fields) }
  const options = { ...mapped(fields, optionNames), ...checkpointIn(fields) }
  const overrides = rest.override_settings ?? {}
  if (!isObject(overrides)) throw wrong('override_settings', 'must be an object.')
  return { ...said, ...present(rest), override_settings: { ...options, ...present(overrides) } }
}

type Texts = ReadonlyMap<string, string>

const mapped = (fields: Texts, names: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(names).flatMap(([label, name]) => {
      const value = fields.get(label)
      return value === undefined ? [] : [[name, value]]
    })
  )

/** Null is absent. */
const present = (values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined))

/** Fields whose values the text has other words for. */
function chosen(fields: Texts): Readonly<Record<string, unknown>> {
  const hasSecondPass = ['Hires upscale', 'Hires upscaler', 'Hires resize-1'].some((name) => fields.has(name))
  const fill = Object.values<string>(fillNames).indexOf(fields.get('Masked content') ?? 'original')
  const isMasked = fields.has('Mask blur') || fields.has('Mask blur x') || fields.has('Masked content')
  return {
    ...(hasSecondPass && fields.has('Denoising strength') ? { enable_hr: true } : {}),
    ...(isMasked && fill >= 0 ? { inpainting_fill: fill } : {}),
    ...(fields.has('Inpaint area') || isMasked
      ? { inpaint_full_res: fields.get('Inpaint area') === 'Only masked' }
      : {}),
    ...(fields.get('Mask mode') === 'Inpaint not masked' ? { inpainting_mask_invert: 1 } : {})
  }
}

/** By its hash, which tells it among others of its name. */
function checkpointIn(fields: Texts): Readonly<Record<string, string>> {
  const [name, hash] = [fields.get('Model'), fields.get('Model hash')]
  if (name === undefined) return hash === undefined ? {} : { sd_model_checkpoint: hash }
  return { sd_model_checkpoint: hash === undefined ? name : `${name} [${hash}]` }
}
