import type { Fill, GenerateRequest, MaskSettings, Mode } from '#protocol/request.ts'
import { fieldOf } from './stored-values.ts'
import type { UpscaleSettings } from './upscale.ts'

/** What a person wants; the mode of a request follows from it and from the document. */
export const intents = [
  'generate',
  'refine',
  'expand',
  'depth',
  'add',
  'remove',
  'background',
  'upscale',
  'custom'
] as const
export type Intent = (typeof intents)[number]

/** Those that are wanted most. */
export const mainIntents = ['generate', 'refine', 'expand', 'depth'] as const satisfies readonly Intent[]

/** What the intent `custom` leaves to a person. */
export interface CustomSettings {
  /** Null: what suits the strength. */
  readonly fill: Fill | null
  /** What the model sees: the selection with what is around it, or the whole picture. */
  readonly context: 'around' | 'picture'
  /** The model is told what surrounds the selection, by a model for inpainting where there is one. */
  readonly isSeamless: boolean
}

export const fills: readonly Fill[] = ['none', 'blur', 'border', 'inpaint', 'neutral', 'hard-neutral']
export const defaultCustom: CustomSettings = { fill: null, context: 'around', isSeamless: true }

/** The stored form read back; what is not what it should be is its default. */
export const readCustom = (value: unknown): CustomSettings => ({
  fill: fills.find((fill) => fill === fieldOf(value, 'fill')) ?? null,
  context: fieldOf(value, 'context') === 'picture' ? 'picture' : 'around',
  isSeamless: fieldOf(value, 'isSeamless') !== false
})

/** The mode that carries out an intent; `hasTarget`: there is a selection. */
export function modeOf(intent: Intent, hasTarget: boolean, { isSeamless }: CustomSettings): Mode {
  switch (intent) {
    case 'generate':
      return hasTarget ? 'inpaint' : 'txt2img'
    case 'refine':
      return 'img2img'
    case 'expand':
      return 'outpaint'
    case 'depth':
      return 'depth2img'
    case 'add':
    case 'remove':
    case 'background':
      return 'inpaint'
    case 'upscale':
      return 'upscale'
    case 'custom':
      return hasTarget && isSeamless ? 'inpaint' : 'img2img'
  }
}

/** What the model starts from in the selection; absent: as usual for the mode. */
export function fillOf(intent: Intent, { fill }: CustomSettings): Fill | undefined {
  switch (intent) {
    case 'add':
      return 'neutral'
    case 'remove':
      return 'inpaint'
    case 'background':
      return 'hard-neutral'
    case 'custom':
      return fill ?? undefined
    case 'generate':
    case 'refine':
    case 'expand':
    case 'depth':
    case 'upscale':
      return undefined
  }
}

/** A background ends sharply where the thing before it begins. */
export const maskSettingsOf = (intent: Intent): MaskSettings =>
  intent === 'background' ? { feather: 0.01, minTransition: 0 } : {}

type Prompts = Readonly<Pick<GenerateRequest, 'prompt' | 'negativePrompt'>>

/**
 * What the model is asked for: where something goes and nobody said what is to be there instead, scenery; and nothing where a picture
 * is made larger without it.
 */
export function promptsFor(
  intent: Intent,
  { prompt, negativePrompt, upscale }: Prompts & { readonly upscale: Pick<UpscaleSettings, 'refine'> }
): Prompts {
  if (intent === 'upscale' && upscale.refine === 0) return { prompt: '', negativePrompt: '' }
  const isSaid = intent !== 'remove' || prompt.trim() !== ''
  return { prompt: isSaid ? prompt : 'background scenery', negativePrompt }
}

/** Intents that mean nothing without a selection. */
export const needsSelection = (intent: Intent): intent is 'add' | 'remove' | 'background' =>
  intent === 'add' || intent === 'remove' || intent === 'background'

/** Intents with a say in how much may change. */
export const hasStrength = (intent: Intent): intent is 'refine' | 'depth' | 'custom' =>
  intent === 'refine' || intent === 'depth' || intent === 'custom'

/** The intent that a request came from, as far as it tells. */
export function intentOf({
  mode,
  fill,
  strength,
  mask
}: Pick<GenerateRequest, 'mode' | 'fill' | 'strength' | 'mask'>): Intent {
  switch (mode) {
    case 'txt2img':
      return 'generate'
    case 'upscale':
      return 'upscale'
    case 'img2img':
      return fill === undefined ? 'refine' : 'custom'
    case 'outpaint':
      return 'expand'
    case 'depth2img':
      return 'depth'
    case 'inpaint':
      if (strength < 1) return 'custom'
      if (fill === undefined) return 'generate'
      if (fill === 'hard-neutral' && mask?.minTransition === 0) return 'background'
      return (['add', 'remove'] as const).find((intent) => fillOf(intent, defaultCustom) === fill) ?? 'custom'
  }
}
