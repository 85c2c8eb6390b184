import type { Emphasis, NoiseSource } from '../protocol/request.ts'
import { fieldsOf, shown, wrong, type Fields } from './fields.ts'
import type { OptionValues } from './options.ts'

/** The options that change pictures, read from a client's options and a request's `override_settings`. */
export interface Settings {
  /** Whatever a client calls a model; null is the first there is. */
  readonly checkpoint: string | null
  /** Undefined is what was chosen for the model, null its own, else whatever a client calls a VAE. */
  readonly vae: string | null | undefined
  readonly noise: NoiseSource
  /** As A1111 names it. */
  readonly noiseName: 'CPU' | 'GPU' | 'NV'
  /** 1 is the model's own. */
  readonly clipSkip: number
  readonly seedDelta: number
  readonly emphasis: Emphasis
  readonly etaAncestral: number
  readonly etaDdim: number
  readonly churn: number
  readonly churnFrom: number
  readonly churnTo: number
  readonly noiseScale: number
  readonly noiseMultiplier: number
  /** Whether the old picture is laid over the new one where it is not masked. */
  readonly overlay: boolean
  /** Whether a picture that began from one gets that one's colours back. */
  readonly colorCorrection: boolean
  /** Whether pictures get the invisible watermark, and so are no longer the model's to the last bit. */
  readonly watermark: boolean
  /** Whether copies of a picture side by side show no seam. */
  readonly tiling: boolean
  /** Under transparent pictures, as three levels. */
  readonly background: readonly [number, number, number]
}

/** Options and the values they have where nobody sets them: the web UI's. */
export const defaultOptions: OptionValues = {
  samples_format: 'png',
  sd_model_checkpoint: null,
  sd_vae: 'Automatic',
  CLIP_stop_at_last_layers: 1,
  randn_source: 'GPU',
  eta_noise_seed_delta: 0,
  emphasis: 'Original',
  eta_ancestral: 1,
  eta_ddim: 0,
  s_churn: 0,
  s_tmin: 0,
  s_tmax: 0,
  s_noise: 1,
  initial_noise_multiplier: 1,
  overlay_inpaint: true,
  img2img_color_correction: false,
  img2img_background_color: '#ffffff',
  do_not_add_watermark: true,
  tiling: false,
  live_previews_enable: true,
  show_progress_every_n_steps: 1
}

const emphases: Readonly<Record<string, Emphasis>> = {
  none: 'none',
  ignore: 'ignore',
  original: 'original',
  'no norm': 'no-norm'
}

/** Throws AppError that names the option under `place`. */
export function settingsOf(options: OptionValues, place = ''): Settings {
  const fields = fieldsOf({ ...defaultOptions, ...options }, place)
  const noiseName = noiseNameOf(fields, place)
  refuseOthers(fields, place)
  const checkpoint = fields.text('sd_model_checkpoint', '')
  return {
    checkpoint: checkpoint === '' ? null : checkpoint,
    vae: vaeOf(fields.text('sd_vae', 'Automatic')),
    noise: noiseName === 'CPU' ? 'cpu' : 'gpu',
    noiseName,
    clipSkip: fields.integer('CLIP_stop_at_last_layers', 1, { min: 1, max: 12 }),
    seedDelta: fields.integer('eta_noise_seed_delta', 0, { min: 0, max: 2 ** 32 - 1 }),
    emphasis: emphasisOf(fields, place),
    etaAncestral: fields.number('eta_ancestral', 1, { min: 0, max: 2 }),
    etaDdim: fields.number('eta_ddim', 0, { min: 0, max: 2 }),
    churn: fields.number('s_churn', 0, { min: 0, max: 100 }),
    churnFrom: fields.number('s_tmin', 0, { min: 0, max: 1e6 }),
    churnTo: fields.number('s_tmax', 0, { min: 0, max: 1e6 }),
    noiseScale: fields.number('s_noise', 1, { min: 0, max: 2 }),
    noiseMultiplier: fields.number('initial_noise_multiplier', 1, { min: 0, max: 2 }),
    overlay: fields.flag('overlay_inpaint', true),
    colorCorrection: fields.flag('img2img_color_correction', false),
    watermark: !fields.flag('do_not_add_watermark', true),
    tiling: fields.flag('tiling', false),
    background: colourOf(fields.text('img2img_background_color', '#ffffff'), place)
  }
}

function noiseNameOf(fields: Fields, place: string): Settings['noiseName'] {
  const name = fields.text('randn_source', 'GPU').toUpperCase()
  if (name === 'CPU' || name === 'GPU' || name === 'NV') return name
  throw wrong(`${place}randn_source`, `must be CPU, GPU or NV, but is ${shown(name)}.`)
}

function emphasisOf(fields: Fields, place: string): Emphasis {
  const name = fields.text('emphasis', 'Original')
  const found = Object.hasOwn(emphases, name.toLowerCase()) ? emphases[name.toLowerCase()] : undefined
  if (found !== undefined) return found
  throw wrong(`${place}emphasis`, `must be None, Ignore, Original or No norm, but is ${shown(name)}.`)
}

function vaeOf(name: string): string | null | undefined {
  if (name === '' || name.toLowerCase() === 'automatic') return undefined
  return name.toLowerCase() === 'none' ? null : name
}

function colourOf(text: string, place: string): readonly [number, number, number] {
  const digits = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text)
  if (digits === null)
    throw wrong(`${place}img2img_background_color`, `must be a colour as #ffffff, but is ${shown(text)}.`)
  const [red = 0, green = 0, blue = 0] = digits.slice(1).map((pair) => Number.parseInt(pair, 16))
  return [red, green, blue]
}

/** What would change the answer and cannot be had is refused rather than kept without effect. */
function refuseOthers(fields: Fields, place: string): void {
  const format = fields.text('samples_format', 'png').toLowerCase()
  if (format !== 'png') throw wrong(`${place}samples_format`, `must be png, but is ${shown(format)}.`)
}
