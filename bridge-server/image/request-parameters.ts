import type { Catalogue, Choice, ModelInfo } from '../protocol/catalogue.ts'
import type { Size } from '../protocol/geometry.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { JobResult, Variation } from '../protocol/results.ts'
import type { Hires } from '../protocol/upscale.ts'
import { latentUpscalers } from '../protocol/upscalers.ts'
import { writeParameters, type Field } from './metadata.ts'
import { emphasisNames, samplerName, shortHash } from './webui-names.ts'

interface PictureParts {
  readonly request: GenerateRequest
  readonly result: Pick<JobResult, 'workingSize'>
  readonly variation: Pick<Variation, 'seed' | 'variationSeed'>
  readonly catalogue: Pick<Catalogue, 'models' | 'samplers' | 'schedules' | 'upscalers'>
  /** Of Marquee. */
  readonly version: string
  /** What else is to be said, in the web UI's words. */
  readonly more?: readonly Field[]
}

/** What a picture says of itself under `parameters`, in the web UI's words, order and names. */
export function parametersOf(parts: PictureParts): string {
  const { request, result, variation, catalogue, version, more = [] } = parts
  const { sampling, mode } = request
  const hires = toldHires(request)
  const size = request.workingSize ?? firstSize(result.workingSize, hires)
  const model = catalogue.models.find(({ id }) => id === request.model)
  const sampler = catalogue.samplers.find(({ id }) => id === sampling.sampler)
  const fields: readonly (readonly [string, string | number | null | undefined])[] = [
    ['Steps', sampling.steps],
    ['Sampler', sampler === undefined ? sampling.sampler : samplerName(sampler)],
    ['Schedule type', labelOf(catalogue.schedules, sampling.schedule)],
    ['CFG scale', sampling.guidance],
    ['Seed', variation.seed],
    ['Size', textOf(size)],
    ['Model hash', model === undefined ? null : shortHash(model)],
    ['Model', modelName(request.model, catalogue.models)],
    ['VAE', vaeOf(request, model)],
    ...variationFields(sampling, variation),
    ['Denoising strength', mode === 'txt2img' ? hires?.strength : request.strength],
    ['Clip skip', sampling.clipSkip],
    ...noiseFields(request),
    ['Tiling', request.seamless === true ? 'True' : null],
    ['CFG Rescale phi', sampling.guidanceRescale],
    ['Emphasis', emphasisOf(sampling)],
    ...hiresFields(request, hires, size, catalogue),
    ...more,
    ['Version', `Marquee ${version}`]
  ]
  return writeParameters(
    request.prompt,
    request.negativePrompt,
    fields.map(([name, value]) => [name, value ?? null])
  )
}

/** The file's name alone, as the web UI has it, where no other model has the same. */
function modelName(id: string, models: readonly ModelInfo[]): string {
  const base = baseOf(id)
  return models.filter((model) => baseOf(model.id) === base).length > 1 ? id : base
}

/** The file's name with the hash, as the web UI lists checkpoints. */
function titleIn(models: readonly ModelInfo[], id: string): string {
  const model = models.find((each) => each.id === id)
  const hash = model === undefined ? null : shortHash(model)
  return hash === null ? modelName(id, models) : `${modelName(id, models)} [${hash}]`
}

const baseOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1)

/** None is the model's own, where another one is usual for it. */
function vaeOf({ vae }: GenerateRequest, model: ModelInfo | undefined): string | null {
  const usual = model?.choice?.vae ?? null
  return vae === null ? (usual === null ? null : 'None') : (vae ?? usual)
}

function variationFields(
  { variationStrength = 0, seedResize }: GenerateRequest['sampling'],
  { variationSeed = 0 }: PictureParts['variation']
): readonly Field[] {
  const resize: Field = ['Seed resize from', seedResize === undefined ? null : textOf(seedResize)]
  return variationStrength === 0
    ? [resize]
    : [['Variation seed', variationSeed], ['Variation seed strength', variationStrength], resize]
}

function emphasisOf({ emphasis }: GenerateRequest['sampling']): string | null {
  return emphasis === undefined || emphasis === 'original' ? null : emphasisNames[emphasis]
}

/** Where noise comes from, and how much of it is added. */
function noiseFields({ sampling, webui = { roundMask: true } }: GenerateRequest): readonly Field[] {
  const { noiseSeedDelta = null, noiseScale = null, churn, noiseMultiplier = null } = webui
  return [
    ['ENSD', noiseSeedDelta],
    ['RNG', sampling.noise === 'gpu' ? 'NV' : 'CPU'],
    [sampling.sampler.startsWith('ddim') ? 'Eta DDIM' : 'Eta', sampling.eta ?? null],
    ['Sigma noise', noiseScale],
    ['Sigma churn', churn?.amount ?? null],
    ['Sigma tmin', churn?.from ?? null],
    ['Sigma tmax', churn?.to ?? null],
    ['Noise multiplier', noiseMultiplier]
  ]
}

/** A second pass of a size that was asked for; of one that was planned the web UI knows nothing. */
const toldHires = ({ hires }: GenerateRequest): Hires | undefined =>
  hires?.size === undefined ? undefined : hires

/** The size of the first of two passes. */
function firstSize({ width, height }: Size, hires: Hires | undefined): Size {
  const factor = typeof hires?.size === 'number' ? hires.size : 1
  return { width: Math.round(width / factor), height: Math.round(height / factor) }
}

function hiresFields(
  { mode, canvas }: GenerateRequest,
  hires: Hires | undefined,
  first: Size,
  { models, samplers, schedules, upscalers }: PictureParts['catalogue']
): readonly Field[] {
  if (mode !== 'txt2img' || hires === undefined) return []
  const asked = askedSize(canvas, hires.cover)
  const factor = typeof hires.size === 'number' ? hires.size : asked.width / first.width
  const isFactor =
    typeof hires.size === 'number' ||
    (asked.height === first.height * factor && factor === Math.round(factor * 100) / 100)
  const sampler = samplers.find(({ id }) => id === hires.sampler)
  const { upscaler = 'lanczos', schedule, steps = null } = hires
  return [
    ...ownOf(hires, models),
    ['Hires upscale', isFactor ? factor : null],
    ['Hires resize', isFactor ? null : textOf(asked)],
    ['Hires steps', steps],
    ['Hires upscaler', labelOf([...latentUpscalers, ...upscalers], upscaler)],
    ['Hires sampler', sampler === undefined ? null : samplerName(sampler)],
    ['Hires schedule type', schedule === undefined ? null : labelOf(schedules, schedule)],
    ['Hires CFG scale', hires.guidance ?? null]
  ]
}

/** What the web UI was asked for: along a side of which nothing but a part of a latent was cut, all of it. */
function askedSize(size: Size, cover = size): Size {
  const asked = (side: 'width' | 'height'): number =>
    cover[side] - size[side] < 8 ? cover[side] : size[side]
  return { width: asked('width'), height: asked('height') }
}

/** What a second pass has of its own. */
const ownOf = ({ model, prompt, negativePrompt }: Hires, models: readonly ModelInfo[]): readonly Field[] => [
  ['Hires checkpoint', model === undefined ? null : titleIn(models, model)],
  ['Hires prompt', prompt ?? null],
  ['Hires negative prompt', negativePrompt ?? null]
]

const textOf = ({ width, height }: Size): string => `${width}x${height}`

const labelOf = (choices: readonly Choice[], id: string): string =>
  choices.find((choice) => choice.id === id)?.label ?? id
