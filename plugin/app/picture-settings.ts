import { readParameters, type Parameters } from '#image/metadata.ts'
import { samplerName } from '#image/webui-names.ts'
import type { Catalogue, Choice, ModelInfo } from '#protocol/catalogue.ts'
import { latentUpscalers } from '#protocol/upscalers.ts'
import { advancedLimits, emphases, type AdvancedSettings } from './advanced.ts'
import { defaultSecondPass, secondPassLimits, type SecondPassSettings } from './second-pass.ts'
import type { Settings } from './settings.ts'
import { MAX_SEED, sizeWithin, whole, within } from './stored-values.ts'

export interface PictureSettings {
  readonly settings: Settings
  /** What the picture was made with and is not here: whole sentences. */
  readonly missing: readonly string[]
}

interface Here {
  readonly catalogue: Pick<Catalogue, 'models' | 'samplers' | 'schedules' | 'upscalers'>
  /** What stands where the picture says nothing. */
  readonly settings: Settings
}

/** Whether a text is one that pictures carry, rather than a prompt. */
export const isParameters = (text: string): boolean => readParameters(text).fields.has('Steps')

/**
 * The settings of a picture that tells of them as the web UI does, ours and the web UI's alike; sampler, schedule and model are found
 * by their names in the catalogue. The seed is locked: the same model gives the same picture again.
 */
export function pictureSettings(parameters: string, { catalogue, settings }: Here): PictureSettings {
  const told = readParameters(parameters)
  const number = numbersOf(told)
  const missing: string[] = []
  const model = modelTold(told, catalogue.models, missing)
  const sampling = samplingTold(told, catalogue, missing)
  const strength = within(number('Denoising strength'), 0, 1)
  const seed = whole(number('Seed'), 0, MAX_SEED)
  return {
    settings: {
      ...settings,
      // Who drops a picture may have chosen before; only one that began from nothing says what is to be done.
      intent: strength === null ? 'generate' : settings.intent,
      prompt: told.prompt,
      negativePrompt: told.negativePrompt,
      model: model?.id ?? settings.model,
      strength:
        strength === null || told.fields.has('Hires upscaler') || told.fields.has('Hires upscale')
          ? settings.strength
          : { refine: strength, depth: strength, custom: strength },
      ...sampling,
      steps: whole(number('Steps'), 1, 150),
      guidance: within(number('CFG scale'), 0, 30),
      seed: seed === null ? settings.seed : { value: seed, locked: true },
      size: sizeWithin({ width: number('Size-1'), height: number('Size-2') }, 64, 8192),
      advanced: advancedTold(told, settings.advanced),
      secondPass: secondPassTold(told, catalogue, settings.secondPass, missing)
    },
    missing
  }
}

const numbersOf =
  ({ fields }: Parameters) =>
  (name: string): number =>
    Number(fields.get(name) ?? NaN)

function advancedTold(told: Parameters, usual: AdvancedSettings): AdvancedSettings {
  const number = numbersOf(told)
  const [least, most] = advancedLimits.seedResize
  const rng = told.fields.get('RNG')
  const emphasis = told.fields.get('Emphasis')?.toLowerCase().replaceAll(' ', '-')
  return {
    ...usual,
    clipSkip: whole(number('Clip skip'), 1, advancedLimits.clipSkip),
    // A picture of the web UI that says nothing was made with the noise of the graphics card.
    noise: rng === 'CPU' ? 'cpu' : 'gpu',
    eta: within(number(told.fields.has('Eta DDIM') ? 'Eta DDIM' : 'Eta'), 0, advancedLimits.eta),
    guidanceRescale: within(number('CFG Rescale phi'), 0, 1) ?? 0,
    emphasis: emphases.find((known) => known === emphasis) ?? null,
    variationSeed: whole(number('Variation seed'), 0, MAX_SEED) ?? 0,
    variationStrength: within(number('Variation seed strength'), 0, 1) ?? 0,
    seedResize: sizeWithin(
      { width: number('Seed resize from-1'), height: number('Seed resize from-2') },
      least,
      most
    )
  }
}

/** A second pass by a factor, as the web UI's “hires. fix” tells of it; without one, whatever is planned. */
function secondPassTold(
  told: Parameters,
  { upscalers }: Here['catalogue'],
  usual: SecondPassSettings,
  missing: string[]
): SecondPassSettings {
  const number = numbersOf(told)
  const [least, most] = secondPassLimits.factor
  const factor = within(number('Hires upscale'), least, most)
  if (factor === null) return { ...usual, mode: 'automatic' }
  const name = told.fields.get('Hires upscaler')
  const upscaler = name === undefined ? undefined : labelled([...latentUpscalers, ...upscalers], name)
  if (name !== undefined && upscaler === undefined) missing.push(`There is no upscaler ${name} here.`)
  return {
    ...{ mode: 'on', factor, upscaler: upscaler?.id ?? null },
    strength: within(number('Denoising strength'), 0, 1) ?? defaultSecondPass.strength,
    steps: whole(number('Hires steps'), 1, secondPassLimits.steps)
  }
}

/** By the hash where it is known, else by the name with or without folder and extension. */
function modelTold(
  { fields }: Parameters,
  models: readonly ModelInfo[],
  missing: string[]
): ModelInfo | null {
  const [hash, name] = [fields.get('Model hash'), fields.get('Model')]
  if (hash === undefined && name === undefined) return null
  const byHash =
    hash === undefined || hash.length < 8 ? undefined : models.find(({ sha256 }) => sha256?.startsWith(hash))
  const found = byHash ?? models.find(({ id }) => name !== undefined && stem(id) === stem(name))
  if (found === undefined) missing.push(`The model ${name ?? `with the hash ${String(hash)}`} is not here.`)
  return found ?? null
}

const stem = (name: string): string =>
  name
    .slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
    .replace(/\.(safetensors|ckpt)$/i, '')
    .toLowerCase()

/** The schedule stands by itself, or in the sampler's name as in older pictures (“DPM++ 2M Karras”). */
function samplingTold(
  { fields }: Parameters,
  { samplers, schedules }: Here['catalogue'],
  missing: string[]
): Pick<Settings, 'sampler' | 'schedule'> {
  const name = fields.get('Sampler')
  if (name === undefined) return { sampler: null, schedule: null }
  const inName = schedules.find(({ label }) => plain(name).endsWith(` ${plain(label)}`))
  const sampler =
    labelled(samplers, name) ??
    (inName === undefined ? undefined : labelled(samplers, name.slice(0, -inName.label.length)))
  if (sampler === undefined) missing.push(`There is no sampler ${name} here.`)
  const apart = fields.get('Schedule type')
  const isUsual = apart === undefined || plain(apart) === 'automatic'
  const schedule = isUsual ? inName : labelled(schedules, apart)
  if (!isUsual && schedule === undefined) missing.push(`There is no schedule ${apart} here.`)
  return { sampler: sampler?.id ?? null, schedule: schedule?.id ?? null }
}

const labelled = (choices: readonly Choice[], name: string): Choice | undefined =>
  choices.find((choice) =>
    [choice.label, samplerName(choice), choice.id].some((known) => plain(known) === plain(name))
  )

const plain = (name: string): string => name.trim().toLowerCase()
