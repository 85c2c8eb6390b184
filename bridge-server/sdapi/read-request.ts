import type { Catalogue } from '../protocol/catalogue.ts'
import type { Size } from '../protocol/geometry.ts'
import type { Call } from './call.ts'
import { controlsOf, noControls, type ControlParts, type Controls } from './controlnet.ts'
import { fieldsOf, isObject, wrong, type Fields } from './fields.ts'
import { secondPassOf } from './hires.ts'
import type { Options } from './options.ts'
import type { Sent } from './picture-tasks.ts'
import { sentPicture } from './pictures.ts'
import type { ProduceParts } from './produce.ts'
import { recipeOf, type Recipe, type RecipeContext } from './recipe.ts'
import type { Samplers } from './samplers.ts'
import { settingsOf } from './settings.ts'
import { startSettings } from './start-settings.ts'
import type { Style } from './styles.ts'
import type { Origin, Work } from './work.ts'

export interface GenerateParts extends Samplers, ProduceParts, ControlParts {
  readonly catalogue: () => Promise<Catalogue>
  readonly options: Options
  readonly styles: () => Promise<readonly Style[]>
}

/** What a body without an infotext asks of txt2img. Rejects with AppError that names the field. */
export async function readTxt2img(call: Call, parts: GenerateParts): Promise<Work> {
  const read = await readRequest(call, parts)
  const second = secondPassOf(read.fields, read.recipe, read.context)
  const more = second === null ? {} : { canvas: second.canvas, hires: second.hires }
  const start = { mode: 'txt2img', strength: 1, ...more } as const
  const around = { area: second?.canvas ?? read.recipe.size, initial: null }
  const controls = await controlsIn(call, read, around, parts)
  const origins: readonly Origin[] = [{ start, finish: { kind: 'all' }, facts: [] }]
  return { recipe: read.recipe, catalogue: read.context.catalogue, origins, controls }
}

/** The same of img2img. */
export async function readImg2img(call: Call, parts: GenerateParts): Promise<Work> {
  const read = await readRequest(call, parts)
  const { fields, recipe } = read
  const pictures = initialPictures(fields)
  const [initial] = pictures
  if (pictures.length > 1 && pictures.length !== recipe.batchSize)
    throw wrong('init_images', `must hold one picture or batch_size, but holds ${pictures.length}.`)
  const controls = await controlsIn(call, read, { area: recipe.size, initial }, parts)
  const origins: Origin[] = []
  for (const picture of pictures) origins.push(await originOf(call, read, picture, parts))
  return { recipe, catalogue: read.context.catalogue, origins, controls }
}

/** One at least. Throws AppError that names the field. */
export function initialPictures(fields: Fields): readonly [first: Sent, ...others: Sent[]] {
  const given = fields.given('init_images')
  const [first, ...others] = Array.isArray(given)
    ? given.map((each, i) => sentPicture(each, `init_images.${i}`))
    : []
  if (first === undefined) throw wrong('init_images', 'must hold a picture.')
  return [first, ...others]
}

export interface Read {
  readonly fields: Fields
  readonly recipe: Recipe
  readonly context: RecipeContext
  /** Units of ControlNets, as they were sent; undefined where there are none. */
  readonly units: unknown
}

async function originOf(
  { signal }: Call,
  { fields, recipe: { settings, size } }: Read,
  picture: Sent,
  { pictures }: GenerateParts
): Promise<Origin> {
  const strength = fields.number('denoising_strength', 0.75, { min: 0, max: 1 })
  const multiplier = fields.number('initial_noise_multiplier', settings.noiseMultiplier, { min: 0, max: 2 })
  const [mask, depth] = [optionalPicture(fields, 'mask'), optionalPicture(fields, 'depth')]
  const reading = startSettings(fields, size, settings.overlay)
  const { background } = settings
  const begun = await pictures.start({ picture, mask, settings: reading, background }, signal)
  const webui = { ...begun.rules, ...(multiplier === 1 ? {} : { noiseMultiplier: multiplier }) }
  return {
    start: {
      mode: 'img2img',
      strength,
      snapshot: begun.picture,
      ...(begun.mask === null ? {} : { selection: begun.mask }),
      // A map of the picture's size, for depth models: our own field.
      ...(depth === null ? {} : { depth: await pictures.decode({ sent: depth, as: 'gray' }, signal) }),
      ...(begun.mask === null && Object.keys(webui).length === 0
        ? {}
        : { webui: { roundMask: true, ...webui } })
    },
    finish: begun.finish,
    facts: begun.facts
  }
}

function optionalPicture(fields: Fields, name: string): Sent | null {
  const given = fields.given(name)
  return given === undefined || given === '' ? null : sentPicture(given, name)
}

/** What both routes share. */
export async function readRequest(call: Call, parts: GenerateParts): Promise<Read> {
  const fields = fieldsOf(call.body)
  const overrides = fields.given('override_settings') ?? {}
  if (!isObject(overrides)) throw wrong('override_settings', 'must be an object.')
  const context: RecipeContext = {
    samplers: parts.samplers,
    schedules: parts.schedules,
    catalogue: await parts.catalogue(),
    settings: settingsOf({ ...parts.options.of(call.client), ...overrides }, 'override_settings.'),
    checkpointField: 'override_settings.sd_model_checkpoint',
    styleList: await parts.styles()
  }
  const recipe = recipeOf(fields, context)
  const units = unitsIn(fields)
  if (!fields.flag('override_settings_restore_afterwards', true))
    await parts.options.set(call.client, overrides)
  return { fields, recipe, context, units }
}

/** ControlNet is the one script that is always on. */
function unitsIn(fields: Fields): unknown {
  const scripts = fieldsOf(fields.given('alwayson_scripts'), 'alwayson_scripts.')
  let units: unknown
  for (const [name, value] of scripts.entries()) {
    const { given } = fieldsOf(value, `alwayson_scripts.${name}.`)
    const args = given('args')
    if (name.toLowerCase() === 'controlnet') units = args
    else if (!ofThePage.has(name.toLowerCase()) && !isIdle(args))
      throw wrong(`alwayson_scripts.${name}`, 'names no script there is.', 'See GET /sdapi/v1/scripts.')
  }
  return units
}

/** Parts of the web UI's page that are scripts there: what they say stands in the request's own fields, and they do nothing for programs. */
const ofThePage: ReadonlySet<string> = new Set(['seed', 'sampler'])

/** A script that was sent without arguments, or switched off by its first one. */
const isIdle = (args: unknown): boolean =>
  args === undefined || (Array.isArray(args) && (args.length === 0 || args[0] === false))

async function controlsIn(
  { signal }: Call,
  { context, units }: Read,
  { area, initial }: { readonly area: Size; readonly initial: Sent | null },
  parts: GenerateParts
): Promise<Controls> {
  if (units === undefined) return noControls
  return controlsOf(units, { catalogue: context.catalogue, area, initial, signal }, parts)
}
