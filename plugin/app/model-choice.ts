import type { Catalogue, ModelInfo } from '#protocol/catalogue.ts'
import type { Mode, Sampling } from '#protocol/request.ts'
import { modelsFor } from '#protocol/suited-models.ts'
import { CodedError } from '../client/coded-error.ts'
import { advancedSampling } from './advanced.ts'
import { modeOf } from './intents.ts'
import type { Settings } from './settings.ts'
import { intentInForce, type AppState } from './state.ts'

/** The chosen model where it can do `mode`, else the first of the catalogue that suits best. Throws CodedError without any. */
export function modelFor(mode: Mode, settings: Settings, catalogue: Catalogue): ModelInfo {
  const model = bestModel(mode, settings, catalogue)
  if (model !== null) return model
  if (mode === 'depth2img')
    throw new CodedError(
      'model-missing',
      'Depth needs a depth model, and none of your models is one.',
      'Put a Stable Diffusion 2 depth model into a models folder and press Refresh in the settings.'
    )
  throw new CodedError(
    'model-missing',
    `None of your ${catalogue.models.length} models can do this.`,
    'Put a checkpoint (.safetensors) into a models folder and press Refresh in the settings.'
  )
}

function bestModel(mode: Mode, { model: chosen }: Settings, { models }: Catalogue): ModelInfo | null {
  const candidates = modelsFor(mode, models)
  return candidates.find(({ id }) => id === chosen) ?? candidates[0] ?? null
}

/** What a person chose, and the model's own sampler, schedule, steps and guidance where they did not. */
export function samplingOf(settings: Settings, { defaults }: ModelInfo): Omit<Sampling, 'seed'> {
  return {
    sampler: settings.sampler ?? defaults.sampler,
    schedule: settings.schedule ?? defaults.schedule,
    steps: settings.steps ?? defaults.steps,
    guidance: settings.guidance ?? defaults.guidance,
    ...advancedSampling(settings.advanced)
  }
}

/** The model that a press of the primary button would use, or null where there is none. */
export function modelInForce(state: Pick<AppState, 'settings' | 'document' | 'catalogue'>): ModelInfo | null {
  const { settings, document, catalogue } = state
  if (catalogue === null) return null
  const mode = modeOf(intentInForce(state), document !== null && document.selection !== null, settings.custom)
  return bestModel(mode, settings, catalogue)
}
