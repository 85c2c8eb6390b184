import type { Field } from '../image/metadata.ts'
import { samplerName, shortHash } from '../image/webui-names.ts'
import type { Fields } from './fields.ts'
import type { Recipe } from './recipe.ts'
import { timestamp } from './timestamp.ts'

interface InfoParts {
  readonly recipe: Recipe
  readonly infotexts: readonly string[]
  readonly facts: readonly Field[]
  readonly fields: Fields
  readonly started: Date
  /** Of Marquee. */
  readonly version: string
}

/** A JSON text, as the web UI's `info` is. */
export function infoOf({ recipe, infotexts, facts, fields, started, version }: InfoParts): string {
  const { batchSize, iterations, seed, subseed, subseedStrength, model, size } = recipe
  const numbers = Array.from({ length: batchSize * iterations }, (_, i) => i)
  return JSON.stringify({
    prompt: recipe.prompt,
    all_prompts: numbers.map(() => recipe.prompt),
    negative_prompt: recipe.negativePrompt,
    all_negative_prompts: numbers.map(() => recipe.negativePrompt),
    seed,
    all_seeds: numbers.map((i) => (subseedStrength > 0 ? seed : seed + i)),
    subseed,
    all_subseeds: numbers.map((i) => subseed + i),
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
