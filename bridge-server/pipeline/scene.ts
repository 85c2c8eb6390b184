import { AppError } from '../errors.ts'
import { exemplarFill } from '../image/exemplar-fill.ts'
import { blurFill, borderFill, fillMask } from '../image/fill.ts'
import { fittedMap } from '../image/fit-map.ts'
import { compositingMask, denoiseMask, emptiness, selectedBounds } from '../image/mask.ts'
import { neutralFill } from '../image/neutral-fill.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import { maskValues } from '../protocol/context.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { MappedControl } from './control.ts'
import { controlsInUse } from './networks.ts'
import { outpaintMasks } from './outpaint.ts'

/** The images of a request, as its refs describe them. */
export interface RequestImages {
  readonly snapshot?: Rgba
  readonly selection?: Gray
  readonly depth?: Gray
  /** The maps of the request's controls, in order. */
  readonly controls?: readonly (Rgba | Gray)[]
  /** Their masks, in the same order. */
  readonly controlMasks?: readonly (Gray | null)[]
}

/** What a job starts from, all of the area's size. */
export interface Scene {
  /** What a person sees; null for a picture from nothing. */
  readonly original: Rgba | null
  /** The same, opaque, filled where the canvas is empty or all may change. */
  readonly picture: Rgba | null
  /** What may change, and how much; null: everything. */
  readonly denoise: Gray | null
  /** What will be shown; null: everything. */
  readonly compositing: Gray | null
  readonly depth: Gray | null
  /** The request's controls that do anything. */
  readonly controls: readonly MappedControl[]
}

/** Throws AppError 'bad-message' where images are missing or of another size, 'selection-empty' where nothing is to be done. */
export function sceneOf(request: GenerateRequest, images: RequestImages): Scene {
  checkSizes(request, images)
  const original = images.snapshot ?? null
  const depth = images.depth ?? null
  const controls = mappedControls(request, images)
  if (original === null) {
    if (
      request.mode !== 'txt2img' &&
      !(request.mode === 'depth2img' && request.strength === 1 && depth !== null)
    )
      throw new AppError('bad-message', {
        message: `A request of mode ${request.mode} needs a snapshot of its area.`,
        hint: 'Send what is visible there as request.snapshot, or take mode txt2img.'
      })
    return { original, picture: null, depth, controls, ...masksOf(request, images) }
  }
  const masks = masksOf(request, images)
  const opaque = borderFill(original, emptiness(original))
  return { original, picture: filled(opaque, request, images), depth, controls, ...masks }
}

/** Of latents there are no halves. */
function checkMultiples({ width, height }: Rgba): void {
  if (width % 8 === 0 && height % 8 === 0) return
  throw new AppError('bad-message', {
    message: `A snapshot that is resized as latents has sides of multiples of 8 pixels, and not ${width} × ${height}.`,
    hint: 'Cut it, or leave webui.latentResize out.'
  })
}

/** Throws AppError 'bad-message' where a map is missing. */
function mappedControls(
  request: GenerateRequest,
  { controls: maps = [], controlMasks = [] }: RequestImages
): readonly MappedControl[] {
  const all = request.controls ?? []
  if (maps.length !== all.length)
    throw new AppError('bad-message', {
      message: `The request has ${all.length} controls and ${maps.length} maps.`,
      hint: 'Send one image with each control.'
    })
  const inUse = controlsInUse(request)
  return all.flatMap((control, i) => {
    if (!inUse.includes(control)) return []
    const map = fittedMap(maps[i]!, request.area, control.resize ?? 'stretch')
    return { control, map, mask: controlMasks[i] ?? null }
  })
}

type Masks = Pick<Scene, 'denoise' | 'compositing'>

function masksOf(request: GenerateRequest, { snapshot, selection }: RequestImages): Masks {
  if (request.mode === 'outpaint' && snapshot !== undefined)
    return outpaintMasks(emptiness(snapshot), selection ?? null, request)
  if (selection === undefined) return { denoise: null, compositing: null }
  if (request.webui !== undefined) return { denoise: selection, compositing: null }
  const values = valuesFor(selection, request)
  return { denoise: denoiseMask(selection, values), compositing: compositingMask(selection, values) }
}

const valuesFor = (selection: Gray, { canvas, strength, mask, area }: GenerateRequest) => {
  const { x, y, ...size } = selectedBounds(selection)
  return maskValues({ x: area.x + x, y: area.y + y, ...size }, canvas, strength, mask)
}

/** Where all may change, the old shapes would only be in the way of new ones; their colours are not. */
function filled(picture: Rgba, request: GenerateRequest, { selection }: RequestImages): Rgba {
  const usual = request.mode === 'inpaint' && request.strength === 1 ? 'blur' : 'none'
  const { fill = usual } = request
  if (fill === 'none' || selection === undefined) return picture
  const { grow, feather } = valuesFor(selection, request)
  const hole = fillMask(selection, grow, feather)
  switch (fill) {
    case 'blur':
      return blurFill(picture, hole)
    case 'border':
      return blurFill(borderFill(picture, hole), hole)
    case 'inpaint':
      return exemplarFill(picture, hole)
    case 'neutral':
      return neutralFill(picture, hole)
    case 'hard-neutral':
      return neutralFill(picture, hole, 0)
  }
}

function checkSizes(
  { area, controls: wanted = [], webui }: GenerateRequest,
  { snapshot, selection, depth, controls = [], controlMasks = [] }: RequestImages
): void {
  const resized = webui?.latentResize === true
  if (resized && snapshot !== undefined) checkMultiples(snapshot)
  for (const [name, image] of [
    ['snapshot', resized ? undefined : snapshot],
    ['selection', selection],
    ['depth map', depth],
    ...controls.flatMap((map, i) => (wanted[i]?.resize === undefined ? [['control map', map] as const] : [])),
    ...controlMasks.map((mask) => ['mask of a control', mask ?? undefined] as const)
  ] as const)
    if (image !== undefined && (image.width !== area.width || image.height !== area.height))
      throw new AppError('bad-message', {
        message: `The ${name} has ${image.width} × ${image.height} pixels, the area ${area.width} × ${area.height}.`,
        hint: `Send a ${name} of ${area.width} × ${area.height} pixels.`
      })
}
