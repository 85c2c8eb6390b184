import type { Size } from '#protocol/geometry.ts'
import { defaultAdvanced, readAdvanced, type AdvancedSettings } from './advanced.ts'
import { defaultEdges, readEdges, type EdgeSettings } from './edges.ts'
import { defaultCustom, intents, readCustom, type CustomSettings, type Intent } from './intents.ts'
import { defaultSecondPass, readSecondPass, type SecondPassSettings } from './second-pass.ts'
import { fieldOf, MAX_SEED, sizeWithin, text, whole, within } from './stored-values.ts'
import { defaultUpscale, readUpscale, type UpscaleSettings } from './upscale.ts'

export const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

/** What a person chose; null is always "automatic". */
export interface Settings {
  /** Null: what the document offers (`offeredIntent`). */
  readonly intent: Intent | null
  readonly prompt: string
  readonly negativePrompt: string
  /** A model's id, or null: one that suits the intent. */
  readonly model: string | null
  /** How much may change, 0…1, for the intents that have a say in it. */
  readonly strength: { readonly refine: number; readonly depth: number; readonly custom: number }
  readonly custom: CustomSettings
  readonly upscale: UpscaleSettings
  /** Null: the model's own. */
  readonly sampler: string | null
  readonly schedule: string | null
  readonly steps: number | null
  readonly guidance: number | null
  /** A seed that is not locked is drawn anew for each job; `value` is then the last one used. */
  readonly seed: { readonly value: number; readonly locked: boolean }
  readonly count: number
  /** Size the model works at, or null: planned by the server. */
  readonly size: Size | null
  readonly advanced: AdvancedSettings
  readonly edges: EdgeSettings
  readonly secondPass: SecondPassSettings
  /** Pictures that the editor writes get the invisible watermark, where a model had part in them. */
  readonly watermark: boolean
  readonly theme: Theme
}

export const defaultSettings: Settings = {
  intent: null,
  prompt: '',
  negativePrompt: '',
  model: null,
  strength: { refine: 0.6, depth: 0.8, custom: 1 },
  custom: defaultCustom,
  upscale: defaultUpscale,
  sampler: null,
  schedule: null,
  steps: null,
  guidance: null,
  seed: { value: 0, locked: false },
  count: 3,
  size: null,
  advanced: defaultAdvanced,
  edges: defaultEdges,
  secondPass: defaultSecondPass,
  watermark: true,
  theme: 'system'
}

/** Most variations of one job. */
export const MAX_COUNT = 8

export const storedSettings = (settings: Settings): string => JSON.stringify(settings)

/** The stored form read back. A field that is not what it should be (written by another version) is its default. */
export function readSettings(stored: string | null): Settings {
  const value = parsed(stored)
  const { refine, depth, custom } = defaultSettings.strength
  const strength = fieldOf(value, 'strength')
  const seed = fieldOf(value, 'seed')
  return {
    intent: intents.find((intent) => intent === fieldOf(value, 'intent')) ?? null,
    prompt: text(fieldOf(value, 'prompt')) ?? '',
    negativePrompt: text(fieldOf(value, 'negativePrompt')) ?? '',
    model: text(fieldOf(value, 'model')),
    strength: {
      refine: within(fieldOf(strength, 'refine'), 0, 1) ?? refine,
      depth: within(fieldOf(strength, 'depth'), 0, 1) ?? depth,
      custom: within(fieldOf(strength, 'custom'), 0, 1) ?? custom
    },
    custom: readCustom(fieldOf(value, 'custom')),
    upscale: readUpscale(fieldOf(value, 'upscale')),
    sampler: text(fieldOf(value, 'sampler')),
    schedule: text(fieldOf(value, 'schedule')),
    steps: whole(fieldOf(value, 'steps'), 1, 150),
    guidance: within(fieldOf(value, 'guidance'), 0, 30),
    seed: {
      value: whole(fieldOf(seed, 'value'), 0, MAX_SEED) ?? 0,
      locked: fieldOf(seed, 'locked') === true
    },
    count: whole(fieldOf(value, 'count'), 1, MAX_COUNT) ?? defaultSettings.count,
    size: sizeWithin(fieldOf(value, 'size'), 64, 8192),
    advanced: readAdvanced(fieldOf(value, 'advanced')),
    edges: readEdges(fieldOf(value, 'edges')),
    secondPass: readSecondPass(fieldOf(value, 'secondPass')),
    watermark: fieldOf(value, 'watermark') !== false,
    theme: themes.find((theme) => theme === fieldOf(value, 'theme')) ?? 'system'
  }
}

function parsed(stored: string | null): unknown {
  try {
    return JSON.parse(stored ?? 'null')
  } catch {
    return null
  }
}
