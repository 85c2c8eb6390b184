import type { ModelInfo } from '#protocol/catalogue.ts'
import { areasFor, defaultMaskSettings } from '#protocol/context.ts'
import type { Rect, Size } from '#protocol/geometry.ts'
import type { MaskSettings } from '#protocol/request.ts'
import type { DocumentView } from './document-view.ts'
import { chosenEdges } from './edges.ts'
import { hasStrength, maskSettingsOf, needsSelection, type Intent } from './intents.ts'
import { modelInForce } from './model-choice.ts'
import type { Settings } from './settings.ts'
import { intentInForce, type AppState } from './state.ts'

/** The size of pictures that the least width of a soft edge is meant for. */
const USUAL_SIZE = 512

/** How the selection of an intent becomes masks, where that is not as usual. */
export const maskSettingsFor = (
  intent: Intent,
  { nativeSize }: Pick<ModelInfo, 'nativeSize'>,
  { edges }: Pick<Settings, 'edges'>
): MaskSettings => ({
  ...edgesFor(nativeSize),
  ...maskSettingsOf(intent),
  ...chosenEdges(edges)
})

/** A model of small pictures has small documents, on which a soft edge of the usual least width would be most of a selection. */
const edgesFor = (nativeSize: number): MaskSettings =>
  nativeSize >= USUAL_SIZE
    ? {}
    : { minTransition: Math.round((defaultMaskSettings.minTransition * nativeSize) / USUAL_SIZE) }

/** How much may change, 0…1. */
export const strengthOf = (intent: Intent, settings: Settings): number =>
  hasStrength(intent) ? settings.strength[intent] : 1

/**
 * What the model sees where no person chose: what may change with its surroundings, or the canvas; `target` null: all may change.
 * Of what is upscaled nothing else is wanted.
 */
export function automaticArea(
  intent: Intent,
  target: Rect | null,
  canvas: Size,
  { settings, model }: { readonly settings: Settings; readonly model: Pick<ModelInfo, 'nativeSize'> }
): Rect {
  if (target === null || (intent === 'custom' && settings.custom.context === 'picture'))
    return { x: 0, y: 0, ...canvas }
  if (intent === 'upscale') return target
  return areasFor(target, canvas, {
    strength: strengthOf(intent, settings),
    nativeSize: model.nativeSize,
    settings: maskSettingsFor(intent, model, settings)
  }).context
}

/** What the model would see by itself if the button were pressed now; null where there is nothing to generate. */
export function areaInForce(state: Pick<AppState, 'settings' | 'document' | 'catalogue'>): Rect | null {
  const { document, settings } = state
  const model = modelInForce(state)
  if (document === null || model === null) return null
  const intent = intentInForce(state)
  const target = targetIn(intent, document)
  return target === nothing ? null : automaticArea(intent, target, document.canvas, { settings, model })
}

const nothing = 'nothing'

/** The bounds of what may change; null: all of it. */
function targetIn(intent: Intent, { selection, selectsEmpty, empty, canvas }: DocumentView) {
  if (intent === 'expand') return selectsEmpty ? selection : (empty ?? nothing)
  if (needsSelection(intent) && selection === null) return nothing
  return intent === 'background' ? { x: 0, y: 0, ...canvas } : selection
}
