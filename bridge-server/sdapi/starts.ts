import { webuiMaskBlur } from '../image/blur.ts'
import { composite } from '../image/composite.ts'
import type { Field } from '../image/metadata.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
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
import { wrong } from './fields.ts'

/**
 * From what the model made to what is answered: all of it; the old picture over it by a mask; or scaled into a region of a picture,
 * which `mask` then lies over.
 */
export type Finish<Picture, Mask> =
  | { readonly kind: 'all' }
  | { readonly kind: 'whole'; readonly old: Picture; readonly mask: Mask }
  | { readonly kind: 'region'; readonly old: Picture; readonly mask: Mask; readonly region: Rect }

/** Where an img2img picture starts, at the size it is made at. */
export interface Start<Picture, Mask> {
  readonly picture: Picture
  /** What may change; null: all. */
  readonly mask: Mask | null
  readonly rules: Partial<WebuiRules>
  readonly finish: Finish<Picture, Mask>
  /** For the infotext. */
  readonly facts: readonly Field[]
}

/** How an img2img request is to be read. */
export interface StartSettings {
  readonly size: Size
  readonly resize: ResizeMode
  /** Whether a whole picture is resized as latents. */
  readonly latents: boolean
  /** Deviations along x and y, pixels; 0 is none. */
  readonly blur: readonly [number, number]
  readonly rounded: boolean
  readonly inverted: boolean
  readonly onlyMasked: boolean
  readonly padding: number
  readonly fill: 'fill' | 'original' | 'noise' | 'nothing'
  /** Whether the old picture is laid over the new one where it is not masked. */
  readonly overlay: boolean
}

/** What an img2img request starts from. `picture` is opaque; `mask` is what was sent. */
export function startOf(picture: Rgba, mask: Rgba | null, settings: StartSettings): Start<Rgba, Gray> {
  if (mask === null) return plainStart(picture, settings)
  const whole = preparedMask(mask, settings)
  if (!settings.onlyMasked) return wholeStart(picture, whole, settings)
  const matching = sameSize(whole, picture) ? whole : resizedMask(whole, picture, 'stretch')
  const region = maskedRegion(matching, settings.padding, settings.size)
  // As the web UI: nothing is masked, so the whole picture is changed.
  if (region === null) return plainStart(picture, settings)
  return regionStart(picture, matching, region, settings)
}

/** What is answered, of what the model made. */
export function finished(made: Rgba, finish: Finish<Rgba, Gray>): Rgba {
  if (finish.kind === 'all') return made
  const { old, mask } = finish
  if (finish.kind === 'whole') return composite(made, old, mask)
  const { region } = finish
  const black = { ...old, data: new Uint8ClampedArray(old.data.length) }
  const placed = pasted(black, resizedPicture(made, region, 'crop'), region)
  return opaque(composite(placed, old, mask))
}

function plainStart(picture: Rgba, { size, resize, latents }: StartSettings): Start<Rgba, Gray> {
  const start = { mask: null, finish: { kind: 'all' }, facts: [] } as const
  return latents
    ? { ...start, picture: inMultiples(picture), rules: { latentResize: true } }
    : { ...start, picture: resizedPicture(picture, size, resize), rules: {} }
}

/** Without the pixels at its right and lower edge that make no whole latent. */
function inMultiples(picture: Rgba): Rgba {
  const { width, height } = picture
  if (width < 8 || height < 8)
    throw wrong('resize_mode', `3 needs a picture of 8 × 8 pixels at least, and it has ${width} × ${height}.`)
  const size = { width: width - (width % 8), height: height - (height % 8) }
  return sameSize(size, picture) ? picture : croppedPicture(picture, { x: 0, y: 0, ...size })
}

function preparedMask(mask: Rgba, { rounded, inverted, blur }: StartSettings): Gray {
  const found = maskFrom(mask, rounded)
  return webuiMaskBlur(inverted ? inverse(found) : found, ...blur)
}

function wholeStart(picture: Rgba, mask: Gray, settings: StartSettings): Start<Rgba, Gray> {
  const { size, resize, overlay, latents } = settings
  if (latents)
    throw wrong('resize_mode', '3 (latent) goes without a mask, or with inpaint_full_res.', 'Take 0, 1 or 2.')
  const old = resizedPicture(picture, size, resize)
  const resized = resizedMask(mask, size, resize)
  const start = maskedStart(old, resized, settings)
  return overlay ? { ...start, finish: { kind: 'whole', old, mask: inverse(shownOfWhole(resized)) } } : start
}

function regionStart(picture: Rgba, mask: Gray, region: Rect, settings: StartSettings): Start<Rgba, Gray> {
  const { size, overlay, padding } = settings
  const inner = resizedPicture(croppedPicture(picture, region), size, 'fill')
  const innerMask = resizedMask(croppedMask(mask, region), size, 'fill')
  const { facts, ...start } = maskedStart(inner, innerMask, settings)
  return {
    ...start,
    ...(overlay ? { finish: { kind: 'region', old: picture, mask: inverse(mask), region } } : {}),
    facts: [...facts, ['Inpaint area', 'Only masked'], ['Masked area padding', padding]]
  }
}

function maskedStart(
  picture: Rgba,
  mask: Gray,
  { fill, rounded, inverted, blur: [x, y] }: StartSettings
): Start<Rgba, Gray> {
  const latentFill = fill === 'noise' || fill === 'nothing' ? { latentFill: fill } : {}
  return {
    picture: fill === 'original' ? picture : webuiFill(picture, mask),
    mask,
    rules: { roundMask: rounded, ...latentFill },
    finish: { kind: 'all' },
    facts: [
      ['Mask blur', x === y ? x : null],
      ['Mask blur x', x === y ? null : x],
      ['Mask blur y', x === y ? null : y],
      ['Mask mode', inverted ? 'Inpaint not masked' : null],
      ['Masked content', fill === 'original' ? null : fillNames[fill]]
    ]
  }
}

/** The web UI's names, in the order of its numbers. */
export const fillNames = {
  fill: 'fill',
  original: 'original',
  noise: 'latent noise',
  nothing: 'latent nothing'
} as const

const sameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height

function opaque({ width, height, data }: Rgba): Rgba {
  const out = Uint8ClampedArray.from(data)
  for (let i = 3; i < out.length; i += 4) out[i] = 255
  return { width, height, data: out }
}

/** A picture on a background. */
export function flattened(picture: Rgba, [red, green, blue]: readonly [number, number, number]): Rgba {
  const data = new Uint8ClampedArray(picture.data.length)
  const backdrop = new Uint32Array(data.buffer)
  backdrop.fill(new Uint32Array(Uint8Array.of(red, green, blue, 255).buffer)[0] ?? 0)
  return composite({ ...picture, data }, picture)
}
