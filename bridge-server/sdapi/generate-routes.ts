import type { Field } from '../image/metadata.ts'
import { readRgba, storeImage } from '../image/picture-blobs.ts'
import type { Rgba } from '../image/pixels.ts'
import type { BlobStore } from '../jobs/blobs.ts'
import type { Catalogue } from '../protocol/catalogue.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { Call, Route } from './call.ts'
import { fieldsOf, isObject, wrong, type Fields } from './fields.ts'
import { secondPassOf } from './hires.ts'
import { infotext } from './infotext.ts'
import type { Options } from './options.ts'
import { decodedPicture, encodedPicture } from './pictures.ts'
import { recipeOf, requestOf, type Recipe, type RecipeContext } from './recipe.ts'
import type { Runs } from './runs.ts'
import { samplerName, type Samplers } from './samplers.ts'
import { settingsOf } from './settings.ts'
import { flattened, startOf, startSettings } from './starts.ts'
import { hashOf } from './models.ts'
import type { Style } from './styles.ts'

export interface GenerateParts extends Samplers {
  readonly catalogue: () => Promise<Catalogue>
  readonly blobs: BlobStore
  readonly options: Options
  readonly runs: Runs
  readonly styles: () => Promise<readonly Style[]>
  /** Throws AppError where a job could not be made. */
  readonly check: (request: GenerateRequest) => Promise<void>
  readonly version: string
}

/** Where pictures come from, and what becomes of them. */
interface Origin {
  readonly start: Pick<GenerateRequest, 'mode' | 'strength'> & Partial<GenerateRequest>
  readonly finish: (made: Rgba) => Rgba
  readonly facts: readonly Field[]
}

/** A job holds this many pictures at most. */
const mostOfJob = 8

export const generateRoutes = (parts: GenerateParts): readonly Route[] => [
  { method: 'POST', url: '/sdapi/v1/txt2img', answer: (call) => txt2img(call, parts) },
  { method: 'POST', url: '/sdapi/v1/img2img', answer: (call) => img2img(call, parts) }
]

async function txt2img(call: Call, parts: GenerateParts) {
  const fields = fieldsOf(call.body)
  const { recipe, context } = await readRecipe(call, fields, parts)
  const second = secondPassOf(fields, recipe, context)
  const start = { mode: 'txt2img', strength: 1 } as const
  const more = second === null ? {} : { canvas: second.canvas, hires: second.hires }
  const origin = { start: { ...start, ...more }, finish: (made: Rgba) => made, facts: second?.facts ?? [] }
  return produce(call, { fields, recipe, origins: [origin] }, parts)
}

async function img2img(call: Call, parts: GenerateParts) {
  const fields = fieldsOf(call.body)
  const { recipe } = await readRecipe(call, fields, parts)
  const pictures = fields.given('init_images')
  if (!Array.isArray(pictures) || pictures.length === 0) throw wrong('init_images', 'must hold a picture.')
  if (pictures.length > 1 && pictures.length !== recipe.batchSize)
    throw wrong('init_images', `must hold one picture or batch_size, but holds ${pictures.length}.`)
  const given = fields.given('mask')
  const mask = given === undefined ? null : await decodedPicture(given, 'mask')
  const origins: Origin[] = []
  for (const [i, picture] of pictures.entries())
    origins.push(await originOf({ fields, recipe, mask }, picture, `init_images.${i}`, parts))
  return produce(call, { fields, recipe, origins }, parts)
}

interface OriginParts {
  readonly fields: Fields
  readonly recipe: Recipe
  readonly mask: Rgba | null
}

async function originOf(
  { fields, recipe, mask }: OriginParts,
  picture: unknown,
  field: string,
  { blobs }: GenerateParts
): Promise<Origin> {
  const { settings, size } = recipe
  const strength = fields.number('denoising_strength', 0.75, { min: 0, max: 1 })
  const multiplier = fields.number('initial_noise_multiplier', settings.noiseMultiplier, { min: 0, max: 2 })
  const init = flattened(await decodedPicture(picture, field), settings.background)
  const begun = startOf(init, mask, startSettings(fields, size, settings.overlay))
  const webui = {
    ...(begun.mask === null ? {} : { roundMask: true }),
    ...begun.rules,
    ...(multiplier === 1 ? {} : { noiseMultiplier: multiplier })
  }
  const depth = fields.given('depth')
  return {
    start: {
      mode: 'img2img',
      strength,
      snapshot: await storeImage(blobs, begun.picture),
      ...(begun.mask === null ? {} : { selection: await storeImage(blobs, begun.mask) }),
      ...(depth === undefined ? {} : { depth: await depthOf(depth, blobs) }),
      ...(Object.keys(webui).length === 0 ? {} : { webui: { roundMask: true, ...webui } })
    },
    finish: begun.finish,
    facts: [
      ['Denoising strength', strength],
      ['Noise multiplier', multiplier === 1 ? null : multiplier],
      ...begun.facts
    ]
  }
}

/** A depth map of the picture's size, for depth models: our own field. */
async function depthOf(value: unknown, blobs: BlobStore) {
  const { maskFrom } = await import('../image/webui-mask.ts')
  return storeImage(blobs, maskFrom(await decodedPicture(value, 'depth'), false))
}

async function readRecipe(call: Call, fields: Fields, parts: GenerateParts) {
  const overrides = fields.given('override_settings') ?? {}
  if (!isObject(overrides)) throw wrong('override_settings', 'must be an object.')
  const scripts = fieldsOf(fields.given('alwayson_scripts'), 'alwayson_scripts.').entries()
  for (const [name] of scripts)
    throw wrong(`alwayson_scripts.${name}`, 'names no script there is.', 'See GET /sdapi/v1/scripts.')
  const context: RecipeContext = {
    samplers: parts.samplers,
    schedules: parts.schedules,
    catalogue: await parts.catalogue(),
    settings: settingsOf({ ...parts.options.of(call.client), ...overrides }, 'override_settings.'),
    checkpointField: 'override_settings.sd_model_checkpoint',
    styleList: await parts.styles()
  }
  const recipe = recipeOf(fields, context)
  if (!fields.flag('override_settings_restore_afterwards', true))
    await parts.options.set(call.client, overrides)
  return { recipe, context }
}

interface Work {
  readonly fields: Fields
  readonly recipe: Recipe
  readonly origins: readonly Origin[]
}

interface Piece {
  readonly origin: Origin
  readonly index: number
  readonly count: number
}

async function produce(call: Call, { fields, recipe, origins }: Work, parts: GenerateParts) {
  const pieces = piecesOf(recipe, origins)
  const requests = pieces.map(({ origin, ...piece }) => requestOf(recipe, origin.start, piece))
  for (const request of requests) await parts.check(request)
  const results = await parts.runs.make(call.client, requests, call.signal)
  const images: string[] = []
  const infotexts: string[] = []
  for (const [i, { origin, index }] of pieces.entries())
    for (const [j, { pixels }] of (results[i]?.variations ?? []).entries()) {
      const text = infotext(recipe, index + j, origin.facts, parts.version)
      infotexts.push(text)
      if (fields.flag('send_images', true))
        images.push(await encodedPicture(origin.finish(await readRgba(parts.blobs, pixels)), text))
    }
  const echo = Object.fromEntries(fields.entries())
  const hidden = fields.flag('include_init_images', false) ? {} : { init_images: null, mask: null }
  return { images, parameters: { ...echo, ...hidden }, info: infoOf(recipe, infotexts, fields) }
}

function piecesOf({ batchSize, iterations }: Recipe, origins: readonly Origin[]): readonly Piece[] {
  const most = origins.length > 1 ? 1 : mostOfJob
  const pieces: Piece[] = []
  for (let iteration = 0; iteration < iterations; iteration++)
    for (let from = 0; from < batchSize; from += most) {
      const origin = origins[origins.length > 1 ? from : 0]
      if (origin === undefined) continue
      const count = Math.min(most, batchSize - from)
      pieces.push({ origin, index: iteration * batchSize + from, count })
    }
  return pieces
}

/** A JSON text, as the web UI's `info` is. */
function infoOf(recipe: Recipe, infotexts: readonly string[], fields: Fields): string {
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
    sd_model_hash: hashOf(model),
    sd_vae_name: recipe.vae ?? null,
    sd_vae_hash: null,
    seed_resize_from_w: recipe.seedResize?.width ?? -1,
    seed_resize_from_h: recipe.seedResize?.height ?? -1,
    denoising_strength: fields.given('denoising_strength') ?? null,
    extra_generation_params: {},
    index_of_first_image: 0,
    infotexts,
    styles: recipe.styles,
    clip_skip: recipe.settings.clipSkip,
    is_using_inpainting_conditioning: model.conditioning === 'inpaint'
  })
}
