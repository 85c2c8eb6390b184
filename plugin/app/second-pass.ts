import type { Hires } from '#protocol/upscale.ts'
import { fieldOf, text, whole, within } from './stored-values.ts'

export const secondPassModes = ['automatic', 'on', 'off'] as const

/** Whether a picture is made larger and denoised again, and how. */
export interface SecondPassSettings {
  /** `automatic`: where the area is larger than what the model makes well at once; `off`: then it is only made larger. */
  readonly mode: (typeof secondPassModes)[number]
  /** How many times the sides of the first pass. */
  readonly factor: number
  /** How much it may change, 0…1. */
  readonly strength: number
  /** Null: the strength's share of the first pass's. */
  readonly steps: number | null
  /** An upscaler's id, of the catalogue or of latents; null: Lanczos. */
  readonly upscaler: string | null
}

export const defaultSecondPass: SecondPassSettings = {
  mode: 'automatic',
  factor: 2,
  strength: 0.4,
  steps: null,
  upscaler: null
}

/** What the server takes. */
export const secondPassLimits = { factor: [1, 8], steps: 150 } as const

/** The stored form read back; what is not what it should be is its default. */
export function readSecondPass(value: unknown): SecondPassSettings {
  const [least, most] = secondPassLimits.factor
  return {
    mode: secondPassModes.find((mode) => mode === fieldOf(value, 'mode')) ?? defaultSecondPass.mode,
    factor: within(fieldOf(value, 'factor'), least, most) ?? defaultSecondPass.factor,
    strength: within(fieldOf(value, 'strength'), 0, 1) ?? defaultSecondPass.strength,
    steps: whole(fieldOf(value, 'steps'), 1, secondPassLimits.steps),
    upscaler: text(fieldOf(value, 'upscaler'))
  }
}

/** The field of a request; absent is what the server plans. */
export function hiresFor({ mode, factor, strength, steps, upscaler }: SecondPassSettings): Hires | undefined {
  if (mode === 'automatic') return undefined
  if (mode === 'off') return { strength: 0 }
  return {
    ...{ size: factor, strength },
    ...(steps === null ? {} : { steps }),
    ...(upscaler === null ? {} : { upscaler })
  }
}

/**
 * The settings of a request; what it leaves open is as `usual`. A size in pixels, which only other programs ask for, is left to be
 * planned.
 */
export function secondPassOf(hires: Hires | undefined, usual: SecondPassSettings): SecondPassSettings {
  const { size, strength = defaultSecondPass.strength, steps = null, upscaler = null } = hires ?? {}
  if (typeof size === 'number') return { mode: 'on', factor: size, strength, steps, upscaler }
  return { ...usual, mode: strength === 0 ? 'off' : 'automatic' }
}
