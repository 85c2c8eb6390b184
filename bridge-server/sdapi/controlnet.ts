import type { Field } from '../image/metadata.ts'
import { writeFields } from '../image/metadata.ts'
import type { AnnotateRequest } from '../protocol/annotators.ts'
import type { Catalogue, Choice } from '../protocol/catalogue.ts'
import type { Size } from '../protocol/geometry.ts'
import type { ImageRef } from '../protocol/images.ts'
import type { Control, ControlMode, MapResize } from '../protocol/request.ts'
import { fieldsOf, isObject, shown, wrong, type Fields } from './fields.ts'
import { named } from './models.ts'
import { chosenModule, kindOfMap, resolutionOf, thresholds } from './modules.ts'
import type { Sent } from './picture-tasks.ts'
import { sentPicture, type Pictures } from './pictures.ts'

/** The units of a request, ready to be used. */
export interface Controls {
  readonly controls: readonly Control[]
  /** Maps that are answered behind the pictures. */
  readonly maps: readonly { readonly map: ImageRef; readonly resize: MapResize }[]
  /** For the infotext. */
  readonly facts: readonly Field[]
}

export interface ControlParts {
  readonly pictures: Pictures
  readonly annotate: (request: AnnotateRequest, signal: AbortSignal) => Promise<ImageRef>
}

interface Around {
  readonly catalogue: Catalogue
  /** Pixels of the picture that is made, and of its first pass. */
  readonly area: Size
  /** What img2img starts from, for units that have no picture of their own. */
  readonly initial: Sent | null
  readonly signal: AbortSignal
}

/** Units that act at once; the protocol's limit. */
export const mostUnits = 8

/** A unit as it was sent, checked. */
interface Unit {
  readonly place: string
  readonly fields: Fields
  readonly picture: Sent
  readonly region: Sent | null
  readonly control: Omit<Control, 'image' | 'mask' | 'resize'>
  readonly resize: MapResize
}

export const noControls: Controls = { controls: [], maps: [], facts: [] }

/** `alwayson_scripts.controlnet.args`. Rejects with AppError that names the field. */
export async function controlsOf(args: unknown, around: Around, parts: ControlParts): Promise<Controls> {
  const place = 'alwayson_scripts.controlnet.args'
  if (!Array.isArray(args)) throw wrong(place, `must be a list of units, but is ${shown(args)}.`)
  const units = args.flatMap((unit: unknown, i) => unitOf(unit, `${place}.${i}.`, around))
  if (units.length > mostUnits)
    throw wrong(place, `has ${units.length} units that are enabled; at most ${mostUnits} act at once.`)
  const made: { readonly control: Control; readonly isTold: boolean; readonly fact: string }[] = []
  for (const unit of units) made.push(await controlOf(unit, around, parts))
  return {
    controls: made.map(({ control }) => control),
    maps: made
      .filter(({ isTold }) => isTold)
      .map(({ control: { image, resize = 'stretch' } }) => ({ map: image, resize })),
    facts: made.map(({ fact }, i) => [`ControlNet ${i}`, fact])
  }
}

/** None where it is not enabled. */
function unitOf(given: unknown, place: string, { catalogue, initial }: Around): readonly Unit[] {
  // The extension's own panel sends other things between units, and null for none.
  if (given === null) return []
  const fields = fieldsOf(given, place)
  if (!fields.flag('enabled', true)) return []
  const { picture, mask } = pictureOf(fields, place, initial)
  if (mask !== undefined)
    throw wrong(
      `${place}mask`,
      'means something to inpaint modules alone, which are not here.',
      'Leave it out.'
    )
  const region = fields.given('effective_region_mask')
  const from = fields.number('guidance_start', 0, { min: 0, max: 1 })
  const to = fields.number('guidance_end', 1, { min: 0, max: 1 })
  const networks = catalogue.extensions
    .filter(({ kind }) => kind === 'controlnet')
    .map(({ id, name }): Choice => ({ id, label: name }))
  const model = fields.text('model', 'None')
  if (model === '' || model === 'None')
    throw wrong(`${place}model`, 'names no ControlNet; without one a unit does nothing.')
  return [
    {
      ...{ place, fields, picture },
      region:
        region === undefined || region === '' ? null : sentPicture(region, `${place}effective_region_mask`),
      control: {
        model: named(networks, model, `${place}model`).label,
        weight: fields.number('weight', 1, { min: 0, max: 2 }),
        start: from,
        end: to,
        mode: modeOf(fields, place)
      },
      resize: resizeOf(fields, place)
    }
  ]
}

/** A unit's picture and mask: by themselves, or both as an object; the newer name of the field first. */
function pictureOf(fields: Fields, place: string, initial: Sent | null) {
  const given = fields.given('image') ?? fields.given('input_image')
  const inner = isObject(given) ? given : { image: given }
  const mask = [inner.mask, fields.given('mask'), fields.given('mask_image')].find(
    (each) => each !== undefined && each !== null && each !== ''
  )
  const image = inner.image ?? undefined
  if (image !== undefined && image !== '') return { picture: sentPicture(image, `${place}image`), mask }
  if (initial === null) throw wrong(`${place}image`, 'is missing; txt2img has no picture to take instead.')
  return { picture: initial, mask }
}

const modes: Readonly<Record<string, ControlMode>> = {
  balanced: 'balanced',
  '0': 'balanced',
  'my prompt is more important': 'prompt',
  '1': 'prompt',
  'controlnet is more important': 'control',
  '2': 'control'
}
const modeNames: Readonly<Record<ControlMode, string>> = {
  balanced: 'Balanced',
  prompt: 'My prompt is more important',
  control: 'ControlNet is more important'
}

const resizes: Readonly<Record<string, MapResize>> = {
  'just resize': 'stretch',
  '0': 'stretch',
  'crop and resize': 'crop',
  'inner fit (scale to fit)': 'crop',
  'scale to fit (inner fit)': 'crop',
  '1': 'crop',
  'resize and fill': 'pad',
  'outer fit (shrink to fit)': 'pad',
  'envelope (outer fit)': 'pad',
  '2': 'pad'
}
const resizeNames: Readonly<Record<MapResize, string>> = {
  stretch: 'Just Resize',
  crop: 'Crop and Resize',
  pad: 'Resize and Fill'
}

function modeOf(fields: Fields, place: string): ControlMode {
  if (fields.flag('guessmode', false)) return 'control'
  const given = fields.given('control_mode') ?? 'Balanced'
  return chosenOf(modes, given, `${place}control_mode`, Object.values(modeNames))
}

const resizeOf = (fields: Fields, place: string): MapResize =>
  chosenOf(
    resizes,
    fields.given('resize_mode') ?? 'Crop and Resize',
    `${place}resize_mode`,
    Object.values(resizeNames)
  )

/** By name or number. */
function chosenOf<T>(
  choices: Readonly<Record<string, T>>,
  given: unknown,
  field: string,
  known: readonly string[]
): T {
  const key = typeof given === 'string' || typeof given === 'number' ? String(given).toLowerCase() : ''
  const found = Object.hasOwn(choices, key) ? choices[key] : undefined
  if (found !== undefined) return found
  throw wrong(field, `must be one of ${known.join(', ')}, but is ${shown(given)}.`)
}

async function controlOf(unit: Unit, around: Around, { pictures, annotate }: ControlParts) {
  const { fields, place, picture, region, control, resize } = unit
  const { catalogue, area, signal } = around
  const module = chosenModule(fields.text('module', 'none'), catalogue.annotators, `${place}module`)
  const kind = kindOfMap(fields.text('union_control_type', ''), module, `${place}union_control_type`)
  const isPerfect = fields.flag('pixel_perfect', false)
  const resolution = isPerfect
    ? Math.min(area.width, area.height)
    : resolutionOf(fields.given('processor_res'))
  const image = await pictures.decode(
    { sent: picture, as: 'rgba', ...(module === null ? {} : { shortSide: resolution }) },
    signal
  )
  const given = [fields.given('threshold_a'), fields.given('threshold_b')]
  const parameters = module === null ? {} : thresholds(module, given)
  const map = module === null ? image : await annotate({ annotator: module.id, image, parameters }, signal)
  const mask =
    region === null ? null : await pictures.decode({ sent: region, as: 'gray', size: area }, signal)
  return {
    control: {
      ...{ ...control, image: map, resize },
      ...(kind === null ? {} : { kind }),
      ...(mask === null ? {} : { mask })
    },
    isTold: fields.flag('save_detected_map', true),
    fact: writeFields([
      ['Module', fields.text('module', 'none')],
      ['Model', control.model],
      ['Weight', control.weight],
      ['Resize Mode', resizeNames[resize]],
      ['Processor Res', module === null ? null : resolution],
      ['Threshold A', numberOrNull(given[0])],
      ['Threshold B', numberOrNull(given[1])],
      ['Guidance Start', control.start],
      ['Guidance End', control.end],
      ['Pixel Perfect', isPerfect ? 'True' : 'False'],
      ['Control Mode', modeNames[control.mode]]
    ])
  }
}

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null)
