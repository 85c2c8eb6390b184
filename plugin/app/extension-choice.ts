import type { ExtensionInfo } from '#protocol/extensions.ts'
import { modelInForce } from './model-choice.ts'
import type { AppState } from './state.ts'

type Known = Pick<AppState, 'settings' | 'document' | 'catalogue'>

/** Whether an extension can go with the model in force; one whose tensors do not tell its family may. */
export function suitsModel({ family }: ExtensionInfo, state: Known): boolean {
  const model = modelInForce(state)
  return family === null || model === null || family === model.family
}

/** What prompts may name: all but ControlNets. */
export const promptExtensions = ({ catalogue }: Pick<AppState, 'catalogue'>): readonly ExtensionInfo[] =>
  (catalogue?.extensions ?? []).filter(({ kind }) => kind !== 'controlnet')
