import { assert } from '../errors.ts'
import { samplerName, shortHash } from '../image/webui-names.ts'
import type { Fields } from './fields.ts'
import type { Work } from './work.ts'
import { timestamp } from './timestamp.ts'

export interface PictureFacts {
  readonly prompt: string
  readonly negativePrompt: string
  readonly seed: number
  readonly subseed: number
}

interface InfoParts {
  /** One at least; what pictures share is the first one's. */
  readonly works: readonly Work[]
  readonly pictures: readonly PictureFacts[]
  readonly infotexts: readonly string[]
  readonly fields: Fields
  readonly started: Date
  /** Of Marquee. */
  readonly version: string
}

/** A JSON text, as the web UI's `info` is. */
export function infoOf({ works, pictures, infotexts, fields, started, version }: InfoParts): string {
  const [work] = works
  assert(work !== undefined, 'info about nothing')
  const { recipe, origins, controls } = work
  const { batchSize, subseedStrength, model, size } = recipe
  const facts = [...(origins[0]?.facts ?? []), ...controls.facts]
  return JSON.stringify({
    prompt: recipe.prompt,
    all_prompts: pictures.map(({ prompt }) => prompt),
    negative_prompt: recipe.negativePrompt,
    all_negative_prompts: pictures.map(({ negativePrompt }) => negativePrompt),
    seed: recipe.seed,
    all_seeds: pictures.map(({ seed }) => seed),
    subseed: recipe.subseed,
    all_subseeds: pictures.map(({ subseed }) => subseed),
    subseed_strength: subseedStrength,
    width: size.width,
    height: size.height,
    sampler_name: samplerName(recipe.sampler),
    cfg_scale: recipe.guidance,
    steps: recipe.steps,
    batch_size: batchSize,
    restore_faces: false,
    face_restoration_model: null,
    sd_model_name: model.id,
    // A text for clients that check: they know no model without a hash.
    sd_model_hash: shortHash(model) ?? '',
    sd_vae_name: recipe.vae ?? null,
    sd_vae_hash: null,
    seed_resize_from_w: recipe.seedResize?.width ?? -1,
    seed_resize_from_h: recipe.seedResize?.height ?? -1,
    denoising_strength: fields.given('denoising_strength') ?? null,
    extra_generation_params: Object.fromEntries(facts.filter(([, value]) => value !== null)),
    index_of_first_image: 0,
    infotexts,
    styles: recipe.styles,
    job_timestamp: timestamp(started),
    clip_skip: recipe.settings.clipSkip,
    is_using_inpainting_conditioning: model.conditioning === 'inpaint',
    version: `Marquee ${version}`
  })
}
