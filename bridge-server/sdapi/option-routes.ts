import type { Catalogue } from '../protocol/catalogue.ts'
import type { Call, Route } from './call.ts'
import { isObject, wrong } from './fields.ts'
import { chosenModel, chosenVae, titleOf } from './models.ts'
import type { Options } from './options.ts'
import { defaultOptions, settingsOf } from './settings.ts'

interface OptionParts {
  readonly options: Options
  readonly catalogue: () => Promise<Catalogue>
  readonly checkpoints: Checkpoints
}

/** Models in memory. */
export interface Checkpoints {
  /** Frees the memory of all, unless a job runs. */
  unload(): void
  /** Prepares one. */
  load(model: string): void
}

/** Options that take effect, and the checkpoint that they name. */
export const optionRoutes = (parts: OptionParts): readonly Route[] => [
  { method: 'GET', url: '/sdapi/v1/options', answer: (call) => optionsOf(call, parts) },
  { method: 'POST', url: '/sdapi/v1/options', answer: (call) => setOptions(call, parts) },
  {
    method: 'POST',
    url: '/sdapi/v1/unload-checkpoint',
    answer: () => {
      parts.checkpoints.unload()
      return {}
    }
  },
  { method: 'POST', url: '/sdapi/v1/reload-checkpoint', answer: (call) => reload(call, parts) }
]

async function optionsOf({ client }: Call, { options, catalogue }: OptionParts) {
  const set = { ...defaultOptions, ...options.of(client) }
  const all = await catalogue()
  if (all.models.length === 0) return set
  const model = chosenModel(settingsOf(options.of(client)).checkpoint, all, 'sd_model_checkpoint')
  return { ...set, sd_model_checkpoint: titleOf(model), sd_checkpoint_hash: model.sha256 }
}

async function setOptions({ client, body }: Call, { options, catalogue }: OptionParts) {
  if (!isObject(body)) throw wrong('body', 'must be an object.')
  const settings = settingsOf({ ...options.of(client), ...body })
  const all = await catalogue()
  if (settings.checkpoint !== null) chosenModel(settings.checkpoint, all, 'sd_model_checkpoint')
  chosenVae(settings.vae, all, 'sd_vae')
  await options.set(client, body)
  return null
}

async function reload({ client }: Call, { options, catalogue, checkpoints }: OptionParts) {
  const { checkpoint } = settingsOf(options.of(client))
  checkpoints.load(chosenModel(checkpoint, await catalogue(), 'sd_model_checkpoint').id)
  return {}
}
