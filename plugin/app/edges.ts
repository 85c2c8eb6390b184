import { defaultMaskSettings } from '#protocol/context.ts'
import type { GenerateRequest, MaskSettings } from '#protocol/request.ts'
import { intentOf, maskSettingsOf, type Intent } from './intents.ts'
import { fieldOf, whole, within } from './stored-values.ts'

/** How a selection becomes masks, for those who know what that is; null is what suits the intent. */
export interface EdgeSettings {
  /** Width of the soft edge as a fraction of the selection's diagonal, 0…0.5; 0 is a hard edge. */
  readonly feather: number | null
  /** Document pixels by which more than the selection may change. */
  readonly grow: number | null
  /** Document pixels over which the result fades into what was there. */
  readonly blend: number | null
  /** Surroundings that the model sees, as a fraction of the selection's diagonal, 0…1. */
  readonly padding: number | null
  /** Half selected changes from half of the steps on, instead of by half in each. */
  readonly differential: boolean
}

export const defaultEdges: EdgeSettings = {
  feather: null,
  grow: null,
  blend: null,
  padding: null,
  differential: false
}

/** What the server takes. */
export const edgeLimits = { feather: 0.5, pixels: 499, padding: 1 } as const

/** The stored form read back; what is not what it should be is its default. */
export const readEdges = (value: unknown): EdgeSettings => ({
  feather: within(fieldOf(value, 'feather'), 0, edgeLimits.feather),
  grow: whole(fieldOf(value, 'grow'), 0, edgeLimits.pixels),
  blend: whole(fieldOf(value, 'blend'), 0, edgeLimits.pixels),
  padding: within(fieldOf(value, 'padding'), 0, edgeLimits.padding),
  differential: fieldOf(value, 'differential') === true
})

/** What a person chose, as the fields of a request. */
export function chosenEdges({ feather, grow, blend, padding, differential }: EdgeSettings): MaskSettings {
  return {
    ...(feather === null ? {} : { feather }),
    ...(grow === null ? {} : { grow }),
    ...(blend === null ? {} : { blend }),
    ...(padding === null ? {} : { padding }),
    ...(differential ? { differential } : {})
  }
}

/** What counts where nobody chose. */
export const usualEdges = (intent: Intent): Required<MaskSettings> => ({
  ...defaultMaskSettings,
  ...maskSettingsOf(intent)
})

/** What a person chose for a request: all that does not follow from its intent. */
export function edgesOf(request: GenerateRequest): EdgeSettings {
  const chosen = readEdges(request.mask)
  const usual = maskSettingsOf(intentOf(request))
  return { ...chosen, feather: chosen.feather === usual.feather ? null : chosen.feather }
}
