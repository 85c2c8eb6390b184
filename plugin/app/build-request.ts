import type { Catalogue, ModelInfo } from '#protocol/catalogue.ts'
import { areasFor, defaultMaskSettings } from '#protocol/context.ts'
import type { Point, Rect, Size } from '#protocol/geometry.ts'
import type { ImageRef } from '#protocol/images.ts'
import type { Control, GenerateRequest, MaskSettings, Mode } from '#protocol/request.ts'
import { CodedError } from '../client/coded-error.ts'
import type { MaskImage } from '../hosts/host.ts'
import { isSharing, maskIn, type PlacedMask } from './masks.ts'
import { modelFor, modeOf, samplingOf } from './model-choice.ts'
import type { Intent, Settings } from './settings.ts'

/** What the document holds at the moment of the press. */
export interface Situation {
  readonly documentId: string
  readonly canvas: Size
  readonly origin?: Point | undefined
  readonly selection: PlacedMask | null
  /** Where the canvas is empty; null: nowhere. Only Expand asks. */
  readonly empty: PlacedMask | null
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
  /** The selection in `area`; null: everything may change. */
  readonly mask: MaskImage | null
  readonly strength: number
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
  const selection = realSelection(situation)
  const target = intent === 'expand' ? expandTarget(selection, situation.empty) : selection
  const strength = intent === 'refine' || intent === 'depth' ? settings.strength[intent] : 1
  const mode = modeOf(intent, target !== null)
  const model = modelFor(mode, settings, catalogue)
  const area = target === null ? wholeOf(canvas) : contextOf(target.bounds, canvas, strength, model)
  checkArea(area)
  return {
    mode,
    model,
    documentId,
    canvas,
    origin,
    area,
    mask: target === null ? null : maskIn(area, target),
    strength
  }
}

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
    prompt: settings.prompt,
    negativePrompt: settings.negativePrompt,
    documentId: plan.documentId,
    canvas: plan.canvas,
    ...(plan.origin === undefined ? {} : { origin: plan.origin }),
    area: plan.area,
    ...(images.snapshot === null ? {} : { snapshot: images.snapshot }),
    ...(images.selection === null ? {} : { selection: images.selection }),
    ...(images.controls === undefined || images.controls.length === 0
      ? {}
      : { controls: [...images.controls] }),
    strength: plan.strength,
    sampling: { ...samplingOf(settings, plan.model), seed },
    count: settings.count,
    workingSize: settings.size,
    ...(plan.mask === null ? {} : maskFor(plan.model))
  }
}

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

const contextOf = (selection: Rect, canvas: Size, strength: number, { nativeSize }: ModelInfo): Rect =>
  areasFor(selection, canvas, { strength, nativeSize, settings: maskSettingsFor(nativeSize) }).context

/** The size of pictures that the least width of a soft edge is meant for. */
const USUAL_SIZE = 512

/** A model of small pictures has small documents, on which a soft edge of the usual least width would be most of a selection. */
const maskSettingsFor = (nativeSize: number): MaskSettings =>
  nativeSize >= USUAL_SIZE
    ? {}
    : { minTransition: Math.round((defaultMaskSettings.minTransition * nativeSize) / USUAL_SIZE) }

function maskFor({ nativeSize }: ModelInfo): Pick<GenerateRequest, 'mask'> {
  return nativeSize >= USUAL_SIZE ? {} : { mask: maskSettingsFor(nativeSize) }
}

const wholeOf = (canvas: Size): Rect => ({ x: 0, y: 0, ...canvas })
