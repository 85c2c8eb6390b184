import type { Catalogue, ModelInfo } from '#protocol/catalogue.ts'
import type { Point, Rect, Size } from '#protocol/geometry.ts'
import type { ImageRef } from '#protocol/images.ts'
import type { Control, Fill, GenerateRequest, MaskSettings, Mode } from '#protocol/request.ts'
import type { Upscale } from '#protocol/upscale.ts'
import { CodedError } from '../client/coded-error.ts'
import type { MaskImage } from '../hosts/host.ts'
import { inverted, isSharing, maskIn, type PlacedMask } from './masks.ts'
import { fillOf, modeOf, needsSelection, promptsFor, type Intent } from './intents.ts'
import { modelFor, samplingOf } from './model-choice.ts'
import { automaticArea, maskSettingsFor, strengthOf } from './request-area.ts'
import { hiresFor } from './second-pass.ts'
import type { Settings } from './settings.ts'
import { upscaleFor } from './upscale.ts'

/** What the document holds at the moment of the press. */
export interface Situation {
  readonly documentId: string
  readonly canvas: Size
  readonly origin?: Point | undefined
  readonly selection: PlacedMask | null
  /** Where the canvas is empty; null: nowhere. Only Expand asks. */
  readonly empty: PlacedMask | null
  /** What a person chose that the model is to see. */
  readonly area?: Rect | undefined
}

/** What is to be read from the document and asked for; all of a request but its pixels and its seed. */
export interface Plan {
  readonly mode: Mode
  readonly model: ModelInfo
  readonly documentId: string
  readonly canvas: Size
  readonly origin: Point | undefined
  /** Document pixels to generate. */
  readonly area: Rect
  /** A person chose it. */
  readonly areaIsChosen: boolean
  /** The selection in `area`; null: everything may change. */
  readonly mask: MaskImage | null
  readonly strength: number
  readonly prompt: string
  readonly negativePrompt: string
  readonly fill: Fill | undefined
  /** How the selection becomes masks, where that is not as usual. */
  readonly maskSettings: MaskSettings
  /** Of mode `upscale` alone. */
  readonly upscale: Upscale | undefined
}

/** Images of a plan by name, once the client has named them. */
export interface RequestImages {
  readonly snapshot: ImageRef | null
  readonly selection: ImageRef | null
  /** ControlNets with their maps. */
  readonly controls?: readonly Control[]
}

/** Largest snapshot that is sent, in pixels: 64 megapixels are 256 MB. */
const MAX_AREA = 64 * 1024 * 1024

/** From intent and document to mode, model and area. Throws CodedError where there is nothing to do. */
export function planFor(
  intent: Intent,
  situation: Situation,
  settings: Settings,
  catalogue: Catalogue
): Plan {
  const { documentId, canvas, origin } = situation
  const target = targetOf(intent, situation)
  const strength = strengthOf(intent, settings)
  const mode = modeOf(intent, target !== null, settings.custom)
  const model = modelFor(mode, settings, catalogue)
  const maskSettings = maskSettingsFor(intent, model, settings)
  const area = situation.area ?? automaticArea(intent, target?.bounds ?? null, canvas, { settings, model })
  checkArea(area)
  return {
    ...{ mode, model, documentId, canvas, origin, area, strength, maskSettings },
    areaIsChosen: situation.area !== undefined,
    // A selection only says what is made larger.
    mask: target === null || mode === 'upscale' ? null : maskOf(target, area),
    ...promptsFor(intent, settings),
    fill: target === null ? undefined : fillOf(intent, settings.custom),
    upscale: mode === 'upscale' ? upscaleFor(settings.upscale, model, catalogue) : undefined
  }
}

/** What may change: the selection, what is empty, or all but the selection. */
function targetOf(intent: Intent, situation: Situation): PlacedMask | null {
  const selection = realSelection(situation)
  if (intent === 'expand') return expandTarget(selection, situation.empty)
  if (!needsSelection(intent)) return selection
  if (selection === null) throw new CodedError('selection-empty', 'Nothing is selected.', selectHints[intent])
  return intent === 'background' ? inverted(selection, situation.canvas) : selection
}

/** The target as it lies in the area. Throws CodedError where an area that a person chose holds nothing of it. */
function maskOf(target: PlacedMask, area: Rect): MaskImage {
  const mask = maskIn(area, target)
  if (mask.data.some((value) => value > 0)) return mask
  throw new CodedError(
    'selection-empty',
    `Nothing that may change lies in the chosen area of ${area.width} × ${area.height} pixels at ${area.x}, ${area.y}.`,
    'Move the area over what is to change, or make it automatic again.'
  )
}

const selectHints = {
  add: 'Select the place where something is to be added.',
  remove: 'Select what is to go.',
  background: 'Select what is to stay; all around it is made anew.'
} as const

/** Throws CodedError 'too-large' where an area has more pixels than are sent. */
export function checkArea({ width, height }: Size): void {
  if (width * height <= MAX_AREA) return
  throw new CodedError(
    'too-large',
    `The area of ${width} × ${height} pixels is more than can be generated at once.`,
    `Select a part of the picture with at most ${MAX_AREA / 1024 / 1024} megapixels, surroundings included.`
  )
}

/** Everything the server is told. The same plan, settings, images and seed give the same request. */
export function buildRequest(
  plan: Plan,
  settings: Settings,
  images: RequestImages,
  seed: number
): GenerateRequest {
  return {
    mode: plan.mode,
    model: plan.model.id,
    prompt: plan.prompt,
    negativePrompt: plan.negativePrompt,
    documentId: plan.documentId,
    canvas: plan.canvas,
    ...(plan.origin === undefined ? {} : { origin: plan.origin }),
    area: plan.area,
    ...(plan.areaIsChosen ? { areaIsChosen: true } : {}),
    ...(images.snapshot === null ? {} : { snapshot: images.snapshot }),
    ...(images.selection === null ? {} : { selection: images.selection }),
    ...(images.controls === undefined || images.controls.length === 0
      ? {}
      : { controls: [...images.controls] }),
    strength: plan.strength,
    sampling: { ...samplingOf(settings, plan.model), seed },
    ...sizesFor(plan, settings),
    ...(plan.fill === undefined ? {} : { fill: plan.fill }),
    ...(plan.mask === null || Object.keys(plan.maskSettings).length === 0 ? {} : { mask: plan.maskSettings })
  }
}

/** How many are made, and how large. What an upscaler makes is the same every time, and in tiles that suit the model. */
function sizesFor(
  { upscale }: Plan,
  { count, size, secondPass }: Settings
): Pick<GenerateRequest, 'count' | 'workingSize' | 'upscale' | 'hires'> {
  if (upscale !== undefined)
    return { count: upscale.creative === undefined ? 1 : count, workingSize: null, upscale }
  const hires = hiresFor(secondPass)
  return { count, workingSize: size, ...(hires === undefined ? {} : { hires }) }
}

/** What is upscaled is guided by nothing but itself. */
export const takesControls = ({ mode }: Plan): boolean => mode !== 'upscale'

/** A picture from nothing needs no snapshot; everything else starts from what is visible. */
export const takesSnapshot = ({ mode }: Plan): boolean => mode !== 'txt2img'

/** The selection, or null where it leaves nothing out. */
function realSelection({ selection, canvas }: Situation): PlacedMask | null {
  if (selection === null) return null
  const { bounds, mask } = selection
  if (!mask.data.some((value) => value > 0))
    throw new CodedError(
      'selection-empty',
      `The selection of ${bounds.width} × ${bounds.height} pixels selects nothing.`,
      'Draw a larger selection, or deselect to work on the whole picture.'
    )
  const isAll =
    bounds.width === canvas.width &&
    bounds.height === canvas.height &&
    mask.data.every((value) => value === 255)
  return isAll ? null : selection
}

/** The selection, if it holds empty canvas; else all that is empty. */
function expandTarget(selection: PlacedMask | null, empty: PlacedMask | null): PlacedMask {
  if (empty === null)
    throw new CodedError(
      'selection-empty',
      'There is no empty canvas to fill.',
      'Drag an edge of the canvas outward with the crop tool first, or use Generate.'
    )
  return selection !== null && isSharing(selection, empty) ? selection : empty
}
