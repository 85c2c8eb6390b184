import type { Catalogue, Choice } from '../protocol/catalogue.ts'
import type { Size } from '../protocol/geometry.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import { latentUpscalers } from '../protocol/upscalers.ts'
import { wrong, type Fields } from './fields.ts'
import { chosenModel, chosenUpscaler } from './models.ts'
import type { Recipe, RecipeContext } from './recipe.ts'
import { withStyles, type Style } from './styles.ts'
import { chosenSampling, type Samplers, type SamplingChoice } from './samplers.ts'

/** The second pass of a txt2img request. */
export interface SecondPass {
  readonly canvas: Size
  readonly hires: NonNullable<GenerateRequest['hires']>
}

const maxSide = 8192

/** Null where none is asked for. Throws AppError that names the field. */
export function secondPassOf(
  fields: Fields,
  recipe: Recipe,
  { catalogue, styleList, ...samplers }: RecipeContext
): SecondPass | null {
  const strength = fields.number('denoising_strength', 0.75, { min: 0, max: 1 })
  if (!fields.flag('enable_hr', false)) {
    checkKinds(fields)
    return null
  }
  const scale = fields.number('hr_scale', 2, { min: 1, max: 8 })
  const { size: canvas, cover } = sizesOf(fields, recipe.size, scale)
  const upscaler = upscalerOf(fields, catalogue)
  const steps = fields.integer('hr_second_pass_steps', 0, { min: 0, max: 150 })
  const second = samplingOf(fields, recipe, samplers)
  return {
    canvas,
    hires: {
      size: canvas,
      ...(cover === undefined ? {} : { cover }),
      strength,
      steps: steps === 0 ? recipe.steps : steps,
      upscaler: upscaler.id,
      ...(fields.given('hr_cfg') === undefined
        ? {}
        : { guidance: fields.number('hr_cfg', recipe.guidance, { min: 0, max: 30 }) }),
      ...(second === null ? {} : { sampler: second.sampler.id, schedule: second.schedule.id }),
      ...promptsOf(fields, recipe, styleList),
      ...modelOf(fields, recipe, catalogue)
    }
  }
}

/** Programs send whatever they like where there is no second pass, but numbers as numbers and names as texts. */
function checkKinds(fields: Fields): void {
  const any = { min: -Number.MAX_VALUE, max: Number.MAX_VALUE }
  for (const name of ['hr_scale', 'hr_second_pass_steps', 'hr_resize_x', 'hr_resize_y', 'hr_cfg'])
    fields.number(name, 0, any)
  for (const name of ['hr_upscaler', 'hr_checkpoint_name', 'hr_sampler_name', 'hr_scheduler'])
    fields.text(name, '')
  for (const name of ['hr_prompt', 'hr_negative_prompt']) fields.text(name, '')
}

/** “None” is Lanczos, by which the web UI resizes a picture that no network enlarges. */
function upscalerOf(fields: Fields, { upscalers }: Catalogue): Choice {
  const name = fields.text('hr_upscaler', 'Latent') || 'Latent'
  return chosenUpscaler([...latentUpscalers, ...upscalers], name === 'None' ? 'Lanczos' : name, 'hr_upscaler')
}

type Own = Pick<SecondPass['hires'], 'prompt' | 'negativePrompt' | 'model'>

/** What is empty is the first pass's; both have its styles. */
function promptsOf(
  fields: Fields,
  { prompt, negativePrompt, styles }: Recipe,
  styleList: readonly Style[]
): Own {
  const given = (own: string, first: string): string => fields.text(own, '') || fields.text(first, '')
  const second = withStyles(
    {
      prompt: given('hr_prompt', 'prompt'),
      negativePrompt: given('hr_negative_prompt', 'negative_prompt')
    },
    styles,
    styleList
  )
  return {
    ...(second.prompt === prompt ? {} : { prompt: second.prompt }),
    ...(second.negativePrompt === negativePrompt ? {} : { negativePrompt: second.negativePrompt })
  }
}

function modelOf(fields: Fields, recipe: Recipe, catalogue: Catalogue): Own {
  const name = fields.text('hr_checkpoint_name', '')
  if (name === '' || name === 'Use same checkpoint') return {}
  const { id } = chosenModel(name, catalogue, 'hr_checkpoint_name')
  return id === recipe.model.id ? {} : { model: id }
}

const hiresFields = ['hr_sampler_name', 'hr_scheduler'] as const

/** Null where it is the first pass's; a sampler or a schedule may be named alone. */
function samplingOf(fields: Fields, recipe: Recipe, samplers: Samplers): SamplingChoice | null {
  const sampler = fields.text('hr_sampler_name', '')
  const schedule = fields.text('hr_scheduler', '')
  const isSame = sampler === '' || sampler === 'Use same sampler'
  if (!isSame) return chosenSampling(sampler, schedule, samplers, ...hiresFields)
  if (schedule === '' || schedule === 'Use same scheduler') return null
  return chosenSampling(recipe.sampler.label, schedule, samplers, ...hiresFields)
}

interface Sizes {
  readonly size: Size
  /** The whole of which `size` is the middle; absent: `size`. */
  readonly cover?: Size
}

/**
 * One side may be left to follow the other. A size of another form than the first picture is cut out of the middle of one that
 * keeps it. Sides are as the web UI rounds them, by latents of 8 pixels.
 */
function sizesOf(fields: Fields, { width, height }: Size, scale: number): Sizes {
  const x = fields.integer('hr_resize_x', 0, { min: 0, max: maxSide })
  const y = fields.integer('hr_resize_y', 0, { min: 0, max: maxSide })
  const isWider = y === 0 || (x > 0 && width * y < x * height)
  const cover =
    x === 0 && y === 0
      ? { width: Math.trunc(width * scale), height: Math.trunc(height * scale) }
      : isWider
        ? { width: x, height: Math.trunc((x * height) / width) }
        : { width: Math.trunc((y * width) / height), height: y }
  const size = { width: kept(cover.width, x), height: kept(cover.height, y) }
  if (cover.width < width || cover.height < height || Math.max(cover.width, cover.height) > maxSide)
    throw wrong(
      x > 0 ? 'hr_resize_x' : y > 0 ? 'hr_resize_y' : 'hr_scale',
      `makes ${cover.width} × ${cover.height} pixels of ${width} × ${height}; as many to ${maxSide} a side can be made.`
    )
  return cover.width === size.width && cover.height === size.height ? { size } : { size, cover }
}

/** What is left of a side of `whole` pixels where `wanted` are asked for, 0 for all. */
const kept = (whole: number, wanted: number): number =>
  8 * (Math.floor(whole / 8) - (wanted === 0 ? 0 : Math.floor((whole - wanted) / 8)))
