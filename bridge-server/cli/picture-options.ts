import { invalid } from '../config-values.ts'
import type { CommandLine } from '../command-line.ts'
import { checked } from '../parse.ts'
import { Control, Fill, MaskSettings, Sampling } from '../protocol/request.ts'
import type { ImageRef } from '../protocol/images.ts'
import { Hires } from '../protocol/upscale.ts'
import { schemaComments } from '../schema-comments.ts'
import { textOf, type OptionGroup } from './command.ts'
import { readFields, readSchemaOptions, schemaOptions, sizeOf } from './schema-options.ts'

const comments = schemaComments('request.ts')
const none = { about: null, fields: new Map<string, string>() }

export const samplingOptions: OptionGroup = {
  title: 'Sampling (what is left out is the model’s own)',
  options: schemaOptions(Sampling.properties, comments.get('Sampling') ?? none)
}

/** How a selection becomes what may change and what is shown. */
export const edgeOptions: OptionGroup = {
  title: 'Its edge',
  options: {
    ...schemaOptions(MaskSettings.properties, comments.get('MaskSettings') ?? none),
    ...schemaOptions(
      { fill: Fill },
      { about: null, fields: new Map([['fill', comments.get('Fill')?.about ?? '']]) }
    )
  }
}

export const maskOptions: OptionGroup = {
  title: 'What may change',
  options: {
    mask: {
      type: 'string',
      value: 'FILE',
      about: 'a picture of the same size: white may change, black stays'
    },
    'invert-mask': { type: 'boolean', about: 'black may change, white stays' },
    ...edgeOptions.options
  }
}

/** Of every command that has a model make pictures. */
export const pictureOptions: OptionGroup = {
  title: 'The picture',
  options: {
    'negative-prompt': { type: 'string', value: 'TEXT', about: 'what should not be there' },
    model: {
      type: 'string',
      value: 'NAME',
      about: 'id, name, hash, or the beginning of one; default: the first that suits'
    },
    count: { type: 'string', value: 'N', about: 'how many variations, 1 to 8 (1)' },
    vae: { type: 'string', value: 'NAME', about: 'another VAE than the model’s own' },
    controls: {
      type: 'string',
      value: 'model=NAME,image=FILE,…',
      about: 'a ControlNet and its map, with weight, start, end, mode, resize and kind; may be given again'
    },
    hires: {
      type: 'string',
      value: 'size=2,strength=0.4,…',
      about:
        'a second pass, with steps, upscaler, sampler, schedule, guidance, prompt, negativePrompt and model'
    },
    seamless: {
      type: 'boolean',
      about: 'left meets right and top meets bottom, so that copies side by side show no seam'
    },
    'working-size': {
      type: 'string',
      value: 'WxH',
      about: 'pixels that the model works at; default: planned'
    }
  }
}

export const fileOptions: OptionGroup = {
  title: 'The files',
  options: {
    out: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      about: 'a name ending in .png, where {seed}, {number} and {model} are filled in; - for standard output'
    },
    force: { type: 'boolean', about: 'replace a file that is there' },
    'no-watermark': {
      type: 'boolean',
      about:
        'write exactly the pixels that were made, without the invisible watermark of pictures from 256 × 256 pixels on'
    }
  }
}

export const readSampling = (line: CommandLine): Readonly<Record<string, unknown>> =>
  readSchemaOptions(Sampling.properties, line)

/** Null where nothing is said. */
export function readMaskSettings(line: CommandLine): MaskSettings | null {
  const given = readSchemaOptions(MaskSettings.properties, line)
  return Object.keys(given).length === 0 ? null : checked(MaskSettings, given)
}

export function readFill(line: CommandLine): Fill | null {
  const { fill } = readSchemaOptions({ fill: Fill }, line)
  return fill === undefined ? null : checked(Fill, fill)
}

export function readHires(line: CommandLine): Hires | null {
  const text = textOf(line, 'hires')
  return text === undefined ? null : checked(Hires, readFields(Hires.properties, text, '--hires'))
}

/** A control whose map is still a file. */
export interface GivenControl {
  readonly model: string
  readonly file: string
  /** The control, once its map is somewhere and its model's id is known. */
  readonly with: (model: string, image: ImageRef) => Control
}

const { model, resize, weight, start, end, mode, kind } = Control.properties
const controlFields = { model, resize, weight, start, end, mode, kind }
const usualControl = { weight: 1, start: 0, end: 1, mode: 'balanced' }

export function readControls(line: CommandLine): readonly GivenControl[] {
  return (line.texts.get('controls') ?? []).map((text) => {
    const image = /(?:^|,)\s*image=([^,]+)/.exec(text)?.[1]
    const rest = text.replace(/(^|,)\s*image=[^,]+/, '').replace(/^,/, '')
    const fields = rest === '' ? {} : readFields(controlFields, rest, '--controls')
    const { model: name } = fields
    if (image === undefined || typeof name !== 'string')
      throw invalid('--controls needs model=NAME and image=FILE.')
    return {
      model: name,
      file: image,
      with: (id, ref) => checked(Control, { ...usualControl, ...fields, model: id, image: ref })
    }
  })
}

/** A whole number of least to most, or null where the option is not given. */
export function readWhole(
  line: CommandLine,
  name: string,
  [least, most]: readonly [number, number]
): number | null {
  const text = textOf(line, name)
  if (text === undefined) return null
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw invalid(`--${name} must be a whole number of ${least} to ${most}, but is ${text}.`)
}

/** A number of least to most, or null. */
export function readNumber(
  line: CommandLine,
  name: string,
  [least, most]: readonly [number, number]
): number | null {
  const text = textOf(line, name)
  if (text === undefined) return null
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most) return value
  throw invalid(`--${name} must be a number of ${least} to ${most}, but is ${text}.`)
}

export function readSize(line: CommandLine, name: string): { width: number; height: number } | null {
  const text = textOf(line, name)
  if (text === undefined) return null
  const size = sizeOf(text)
  if (size !== null && [size.width, size.height].every((side) => side >= 8 && side <= 8192)) return size
  throw invalid(`--${name} must be a size of 8x8 to 8192x8192, such as 512x768, but is ${text}.`)
}
