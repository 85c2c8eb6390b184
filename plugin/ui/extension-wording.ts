import type { ModelInfo } from '#protocol/catalogue.ts'
import type { ExtensionInfo } from '#protocol/extensions.ts'
import type { Completion } from '../app/completions.ts'
import { bytesWords, families } from './model-wording.ts'

export const kindLabels: Readonly<Record<Completion['kind'], string>> = {
  lora: 'LoRA',
  embedding: 'Embedding',
  hypernetwork: 'Hypernetwork',
  controlnet: 'ControlNet',
  upscaler: 'Upscaler',
  taesd: 'Preview decoder',
  annotator: 'Makes maps',
  trigger: 'Trigger word'
}

/** `LoRA · SD 1 · 37 MB · ink drawing, wash` */
export const extensionWords = ({ kind, family, bytes, triggers }: ExtensionInfo): string =>
  [
    kindLabels[kind],
    family === null ? null : families[family],
    bytesWords(bytes),
    kind === 'embedding' || triggers.length === 0 ? null : triggers.slice(0, 3).join(', ')
  ]
    .filter((words) => words !== null)
    .join(' · ')

/** Why an extension cannot go with a model; null where it can. */
export const unsuitedWords = ({ family }: ExtensionInfo, model: ModelInfo | null): string | null =>
  family === null || model === null || family === model.family
    ? null
    : `For ${families[family]}; ${model.name} is ${families[model.family]}`
