import { randomInt } from 'node:crypto'
import type { Catalogue, ModelInfo } from '../protocol/catalogue.ts'
import type { Size } from '../protocol/geometry.ts'
import type { GenerateRequest, Sampling, WebuiRules } from '../protocol/request.ts'
import { wrong, type Fields } from './fields.ts'
import { chosenModel, chosenVae } from './models.ts'
import { chosenSampling, type SamplerFacts, type Samplers, type SamplingChoice } from './samplers.ts'
import type { Settings } from './settings.ts'
import { withStyles, type Style } from './styles.ts'
import { checkUnused } from './unused-fields.ts'

/** What a request asks for, apart from where its pictures start. */
export interface Recipe extends SamplingChoice {
  readonly prompt: string
  readonly negativePrompt: string
  readonly styles: readonly string[]
  readonly model: ModelInfo
  readonly vae: string | null | undefined
  readonly settings: Settings
  readonly steps: number
  readonly guidance: number
  /** Undefined is the sampler's own. */
  readonly eta: number | undefined
  readonly seed: number
  readonly subseed: number
  readonly subseedStrength: number
  readonly seedResize: Size | null
  /** Multiples of 8. */
  readonly size: Size
  readonly batchSize: number
  readonly iterations: number
  readonly tiling: boolean
  /** What noise a sampler adds. */
  readonly rules: Omit<WebuiRules, 'roundMask'>
}

export interface RecipeContext extends Samplers {
  readonly catalogue: Catalogue
  readonly settings: Settings
  /** The field in which a checkpoint was named. */
  readonly checkpointField: string
  readonly styleList: readonly Style[]
}

/** Pictures of one request: what a person would wait for, and what an answer can hold. */
const maxPictures = 64
const seeds = { min: -1, max: 2 ** 32 - 1 }
const sides = { min: 64, max: 4096 }

/** Reads what txt2img and img2img share. Throws AppError that names the field. */
export function recipeOf(fields: Fields, context: RecipeContext): Recipe {
  const { catalogue, settings, checkpointField } = context
  checkUnused(fields)
  const samplerField = fields.given('sampler_name') === undefined ? 'sampler_index' : 'sampler_name'
  const choice = chosenSampling(
    fields.text(samplerField, 'Euler') || 'Euler',
    fields.text('scheduler', ''),
    context,
    samplerField
  )
  const batchSize = fields.integer('batch_size', 1, { min: 1, max: maxPictures })
  const iterations = fields.integer('n_iter', 1, { min: 1, max: maxPictures })
  if (batchSize * iterations > maxPictures)
    throw wrong(
      'n_iter',
      `times batch_size must be ${maxPictures} at most, but is ${batchSize * iterations}.`
    )
  const subseedStrength = fields.number('subseed_strength', 0, { min: 0, max: 1 })
  const pictures = subseedStrength === 0 ? batchSize * iterations : 1
  return {
    ...withStyles(
      { prompt: fields.text('prompt', ''), negativePrompt: fields.text('negative_prompt', '') },
      fields.texts('styles'),
      context.styleList
    ),
    ...choice,
    styles: fields.texts('styles'),
    model: chosenModel(settings.checkpoint, catalogue, checkpointField),
    vae: chosenVae(settings.vae, catalogue, 'override_settings.sd_vae'),
    settings,
    steps: fields.integer('steps', 50, { min: 1, max: 150 }),
    guidance: fields.number('cfg_scale', 7, { min: 0, max: 30 }),
    eta: etaOf(fields, choice.sampler, settings),
    seed: seedOf(fields, 'seed', pictures),
    subseed: seedOf(fields, 'subseed', batchSize * iterations),
    subseedStrength,
    seedResize: seedResizeOf(fields),
    size: sizeOf(fields),
    batchSize,
    iterations,
    tiling: fields.flag('tiling', settings.tiling),
    rules: rulesOf(fields, settings)
  }
}

/** Old programs name the size of the first pass by itself; it counts more, with and without a second pass, as in the web UI. */
function sizeOf(fields: Fields): Size {
  const size = { width: sideOf(fields, 'width'), height: sideOf(fields, 'height') }
  const given = (name: string): boolean => fields.integer(name, 0, { min: 0, max: sides.max }) > 0
  return given('firstphase_width') || given('firstphase_height')
    ? { width: sideOf(fields, 'firstphase_width'), height: sideOf(fields, 'firstphase_height') }
    : size
}

const sideOf = (fields: Fields, name: string): number => Math.floor(fields.integer(name, 512, sides) / 8) * 8

/** −1 is any seed; the last picture's must be one as well. */
function seedOf(fields: Fields, name: string, pictures: number): number {
  const seed = fields.integer(name, -1, seeds)
  if (seed === -1) return randomInt(2 ** 32 - maxPictures)
  if (seed + pictures - 1 <= seeds.max) return seed
  throw wrong(name, `must leave room for ${pictures} seeds below ${seeds.max + 1}, but is ${seed}.`)
}

function seedResizeOf(fields: Fields): Size | null {
  const range = { min: -1, max: 8192 }
  const width = fields.integer('seed_resize_from_w', -1, range)
  const height = fields.integer('seed_resize_from_h', -1, range)
  if (width <= 0 || height <= 0) return null
  if (width < 8 || height < 8) throw wrong('seed_resize_from_w', 'and seed_resize_from_h must be 8 at least.')
  return { width, height }
}

/** The web UI asks DDIM and all other samplers for different options; DPM fast and adaptive among the others. */
function etaOf(fields: Fields, { id, eta }: SamplerFacts, settings: Settings): number | undefined {
  const isWebuis = eta === 1 || id.startsWith('dpm-')
  const option = id.startsWith('ddim') ? settings.etaDdim : isWebuis ? settings.etaAncestral : eta
  const wanted = fields.number('eta', option ?? 0, { min: 0, max: 2 })
  return eta === undefined || wanted === eta ? undefined : wanted
}

function rulesOf(fields: Fields, settings: Settings): Recipe['rules'] {
  const noiseScale = fields.number('s_noise', settings.noiseScale, { min: 0, max: 2 })
  const amount = fields.number('s_churn', settings.churn, { min: 0, max: 100 })
  const from = fields.number('s_tmin', settings.churnFrom, { min: 0, max: 1e6 })
  const to = fields.number('s_tmax', settings.churnTo, { min: 0, max: 1e6 })
  return {
    ...(noiseScale === 1 ? {} : { noiseScale }),
    ...(amount === 0 ? {} : { churn: { amount, from, ...(to === 0 ? {} : { to }) } }),
    ...(settings.seedDelta === 0 ? {} : { noiseSeedDelta: settings.seedDelta })
  }
}

/** The part of a job that follows from the recipe alone, for the picture of number `index`. */
export function samplingOf(recipe: Recipe, index: number): Sampling {
  const { settings, subseedStrength, seedResize, eta } = recipe
  const varies = subseedStrength > 0
  return {
    sampler: recipe.sampler.id,
    schedule: recipe.schedule.id,
    steps: recipe.steps,
    guidance: recipe.guidance,
    seed: varies ? recipe.seed : recipe.seed + index,
    ...(varies ? { variationSeed: recipe.subseed + index, variationStrength: subseedStrength } : {}),
    ...(seedResize === null ? {} : { seedResize }),
    noise: settings.noise,
    ...(settings.clipSkip === 1 ? {} : { clipSkip: settings.clipSkip }),
    ...(eta === undefined ? {} : { eta }),
    emphasis: settings.emphasis
  }
}

/** A job for `count` pictures from number `index` on. */
export function requestOf(
  recipe: Recipe,
  start: Pick<GenerateRequest, 'mode' | 'strength'> & Partial<GenerateRequest>,
  { index, count }: { readonly index: number; readonly count: number }
): GenerateRequest {
  const { model, vae, prompt, negativePrompt, size, tiling, rules } = recipe
  const hasRules = Object.keys(rules).length > 0
  const canvas = start.canvas ?? size
  return {
    model: model.id,
    ...(vae === undefined ? {} : { vae }),
    prompt,
    negativePrompt,
    documentId: 'sdapi',
    canvas,
    area: { x: 0, y: 0, ...canvas },
    sampling: samplingOf(recipe, index),
    count,
    workingSize: size,
    ...(tiling ? { seamless: true } : {}),
    ...start,
    ...(hasRules || start.webui !== undefined ? { webui: { roundMask: true, ...rules, ...start.webui } } : {})
  }
}
