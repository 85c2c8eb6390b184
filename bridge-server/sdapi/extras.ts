import type { Catalogue, Choice } from '../protocol/catalogue.ts'
import type { Size } from '../protocol/geometry.ts'
import type { ImageRef } from '../protocol/images.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import { writeFields } from '../image/metadata.ts'
import type { Fields } from './fields.ts'
import { wrong } from './fields.ts'
import { chosenUpscaler } from './models.ts'

/** How pictures are to be made larger. */
export interface Enlarging {
  /** Of a picture of this size. Throws AppError where it would be too large. */
  readonly sizeOf: (picture: Size) => Size
  /** What of the result is kept; null: all. */
  readonly cut: Size | null
  /** The second one, where there is one, is laid over the first. */
  readonly upscalers: readonly Choice[]
  /** Share of the second upscaler. */
  readonly visibility: number
  /** In the web UI's words. */
  readonly facts: string
}

/** Sides of a result. */
const most = 16_384
/** An upscaler enlarges so many times at once. */
const mostTimes = 8

/** Null where no upscaler is asked for. Throws AppError that names the field. */
export function enlargingOf(fields: Fields, { upscalers }: Pick<Catalogue, 'upscalers'>): Enlarging | null {
  refuseFaces(fields)
  for (const name of ['show_extras_results', 'upscale_first']) fields.flag(name, false)
  const isToSize = fields.integer('resize_mode', 0, { min: 0, max: 1 }) === 1
  const factor = fields.number('upscaling_resize', 2, { min: 1, max: mostTimes })
  const box = {
    width: fields.integer('upscaling_resize_w', 512, { min: 1, max: most }),
    height: fields.integer('upscaling_resize_h', 512, { min: 1, max: most })
  }
  const isCut = fields.flag('upscaling_crop', true)
  const first = upscalerOf(fields, 'upscaler_1', upscalers)
  const second = upscalerOf(fields, 'upscaler_2', upscalers)
  const visibility = fields.number('extras_upscaler_2_visibility', 0, { min: 0, max: 1 })
  if (first === null) return null
  const times = ({ width, height }: Size): number =>
    isToSize ? Math.max(box.width / width, box.height / height) : factor
  const isMixed = second !== null && visibility > 0
  return {
    sizeOf: (picture) =>
      sizeTimes(picture, times(picture), isToSize ? 'upscaling_resize_w' : 'upscaling_resize'),
    cut: isToSize && isCut ? box : null,
    upscalers: isMixed ? [first, second] : [first],
    visibility: isMixed ? visibility : 0,
    facts: writeFields([
      ['Postprocess upscale by', isToSize ? null : factor],
      ['Postprocess upscale to', isToSize ? `${box.width}x${box.height}` : null],
      ['Postprocess upscaler', first.label],
      ['Postprocess upscaler 2', isMixed ? second.label : null],
      ['Postprocess upscaler 2 visibility', isMixed ? visibility : null]
    ])
  }
}

/** Sides are multiples of 8, as in the web UI, unless they are smaller than that. */
function sizeTimes({ width, height }: Size, times: number, field: string): Size {
  const side = (length: number): number =>
    length * times < 8 ? Math.max(1, Math.trunc(length * times)) : Math.floor((length * times) / 8) * 8
  const size = { width: side(width), height: side(height) }
  if (times <= mostTimes && Math.max(size.width, size.height) <= most) return size
  throw wrong(
    field,
    `makes ${size.width} × ${size.height} of ${width} × ${height}; a picture becomes ${mostTimes} times as large at most, and ${most} pixels a side.`
  )
}

function upscalerOf(fields: Fields, name: string, upscalers: readonly Choice[]): Choice | null {
  const wanted = fields.text(name, 'None')
  return wanted === '' || wanted === 'None' ? null : chosenUpscaler(upscalers, wanted, name)
}

/** There are no networks that mend faces here: only nothing of them can be had. */
function refuseFaces(fields: Fields): void {
  for (const name of ['gfpgan_visibility', 'codeformer_visibility'])
    if (fields.number(name, 0, { min: 0, max: 1 }) > 0)
      throw wrong(name, 'must be 0; faces cannot be restored here.', 'Leave it out.')
  fields.number('codeformer_weight', 0, { min: 0, max: 1 })
}

/** The job that makes a picture larger; null where it becomes no larger on any side, and so needs only a filter. */
export function enlargeRequest(
  snapshot: ImageRef,
  size: Size,
  upscaler: Choice,
  model: string
): GenerateRequest | null {
  const canvas = { width: snapshot.width, height: snapshot.height }
  const factor = Math.max(size.width / canvas.width, size.height / canvas.height)
  if (factor <= 1) return null
  return {
    mode: 'upscale',
    model,
    prompt: '',
    negativePrompt: '',
    documentId: 'sdapi',
    canvas,
    area: { x: 0, y: 0, ...canvas },
    snapshot,
    strength: 0,
    sampling: { sampler: 'euler', schedule: 'automatic', steps: 1, guidance: 1, seed: 0 },
    count: 1,
    workingSize: null,
    upscale: { upscaler: upscaler.id, factor, size }
  }
}
