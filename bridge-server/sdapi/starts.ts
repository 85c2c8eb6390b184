import { composite } from '../image/composite.ts'
import type { Field } from '../image/metadata.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import { webuiMaskBlur } from '../image/blur.ts'
import { webuiFill } from '../image/webui-fill.ts'
import { inverse, maskedRegion, maskFrom, shownOfWhole } from '../image/webui-mask.ts'
import {
  croppedMask,
  croppedPicture,
  pasted,
  resizedMask,
  resizedPicture,
  type ResizeMode
} from '../image/webui-resize.ts'
import type { Rect, Size } from '../protocol/geometry.ts'
import type { WebuiRules } from '../protocol/request.ts'
import { wrong, type Fields } from './fields.ts'

/** Where an img2img picture starts, at the size it is made at. */
export interface Start {
  readonly picture: Rgba
  /** What may change; null: all. */
  readonly mask: Gray | null
  readonly rules: Partial<WebuiRules>
  /** From what the model made to what is answered. */
  readonly finish: (made: Rgba) => Rgba
  /** For the infotext. */
  readonly facts: readonly Field[]
}

/** How an img2img request is to be read. */
export interface StartSettings {
  readonly size: Size
  readonly resize: ResizeMode
  readonly blur: number
  readonly rounded: boolean
  readonly inverted: boolean
  readonly onlyMasked: boolean
  readonly padding: number
  readonly fill: 'fill' | 'original' | 'noise' | 'nothing'
  /** Whether the old picture is laid over the new one where it is not masked. */
  readonly overlay: boolean
}

const resizeModes: readonly ResizeMode[] = ['stretch', 'crop', 'fill']
const fills = ['fill', 'original', 'noise', 'nothing'] as const

/** Throws AppError that names the field. */
export function startSettings(fields: Fields, size: Size, overlay: boolean): StartSettings {
  const resize = resizeModes[fields.integer('resize_mode', 0, { min: 0, max: 3 })]
  if (resize === undefined)
    throw wrong('resize_mode', 'must be 0, 1 or 2; pictures are not resized as latents here.')
  return {
    size,
    resize,
    blur: blurOf(fields),
    rounded: fields.flag('mask_round', true),
    inverted: fields.integer('inpainting_mask_invert', 0, { min: 0, max: 1 }) === 1,
    onlyMasked: fields.flag('inpaint_full_res', true),
    padding: fields.integer('inpaint_full_res_padding', 0, { min: 0, max: 8192 }),
    fill: fills[fields.integer('inpainting_fill', 0, { min: 0, max: 3 })] ?? 'fill',
    overlay
  }
}

/** One number for both axes. */
function blurOf(fields: Fields): number {
  const range = { min: 0, max: 256 }
  const both = fields.integer('mask_blur', 4, range)
  const [x, y] = [fields.integer('mask_blur_x', both, range), fields.integer('mask_blur_y', both, range)]
  if (x !== y) throw wrong('mask_blur_x', `and mask_blur_y must be the same here, but are ${x} and ${y}.`)
  return x
}

/** What an img2img request starts from. `picture` is opaque; `mask` is what was sent. */
export function startOf(picture: Rgba, mask: Rgba | null, settings: StartSettings): Start {
  const { size, resize } = settings
  if (mask === null) return plainStart(resizedPicture(picture, size, resize))
  const whole = preparedMask(mask, settings)
  if (!settings.onlyMasked) return wholeStart(picture, whole, settings)
  const matching = sameSize(whole, picture) ? whole : resizedMask(whole, picture, 'stretch')
  const region = maskedRegion(matching, settings.padding, size)
  // As the web UI: nothing is masked, so the whole picture is changed.
  if (region === null) return plainStart(resizedPicture(picture, size, resize))
  return regionStart(picture, matching, region, settings)
}

const plainStart = (picture: Rgba): Start => ({
  picture,
  mask: null,
  rules: {},
  finish: (made) => made,
  facts: []
})

function preparedMask(mask: Rgba, { rounded, inverted, blur }: StartSettings): Gray {
  const found = maskFrom(mask, rounded)
  const turned = inverted ? inverse(found) : found
  return blur === 0 ? turned : webuiMaskBlur(turned, blur)
}

function wholeStart(picture: Rgba, mask: Gray, settings: StartSettings): Start {
  const { size, resize, overlay } = settings
  const original = resizedPicture(picture, size, resize)
  const resized = resizedMask(mask, size, resize)
  const old = inverse(shownOfWhole(resized))
  return maskedStart(original, resized, settings, (made) => (overlay ? composite(made, original, old) : made))
}

function regionStart(picture: Rgba, mask: Gray, region: Rect, settings: StartSettings): Start {
  const { size, overlay, padding } = settings
  const inner = resizedPicture(croppedPicture(picture, region), size, 'fill')
  const innerMask = resizedMask(croppedMask(mask, region), size, 'fill')
  const black = { ...picture, data: new Uint8ClampedArray(picture.data.length) }
  const { facts, ...start } = maskedStart(inner, innerMask, settings, (made) => {
    if (!overlay) return made
    const placed = pasted(black, resizedPicture(made, region, 'crop'), region)
    return opaque(composite(placed, picture, inverse(mask)))
  })
  return {
    ...start,
    facts: [...facts, ['Inpaint area', 'Only masked'], ['Masked area padding', padding]]
  }
}

function maskedStart(
  picture: Rgba,
  mask: Gray,
  { fill, rounded, blur }: StartSettings,
  finish: Start['finish']
): Start {
  const latentFill = fill === 'noise' || fill === 'nothing' ? { latentFill: fill } : {}
  return {
    picture: fill === 'original' ? picture : webuiFill(picture, mask),
    mask,
    rules: { roundMask: rounded, ...latentFill },
    finish,
    facts: [
      ['Mask blur', blur === 0 ? null : blur],
      ['Masked content', fill === 'original' ? null : fillNames[fill]]
    ]
  }
}

const fillNames = { fill: 'fill', noise: 'latent noise', nothing: 'latent nothing' }

const sameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height

function opaque({ width, height, data }: Rgba): Rgba {
  const out = Uint8ClampedArray.from(data)
  for (let i = 3; i < out.length; i += 4) out[i] = 255
  return { width, height, data: out }
}

/** A picture on a background. */
export function flattened(picture: Rgba, [red, green, blue]: readonly [number, number, number]): Rgba {
  const backdrop = Uint8ClampedArray.from(picture.data, (_, i) => [red, green, blue, 255][i % 4] ?? 0)
  return composite({ ...picture, data: backdrop }, picture)
}
