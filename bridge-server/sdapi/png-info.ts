import { readParameters } from '../image/metadata.ts'
import { toldParameters } from '../image/told-parameters.ts'
import type { PictureInfo } from './picture-tasks.ts'

/** What a file's texts say, with what tells of its making by itself. */
export function infoOf(texts: Readonly<Record<string, string>>): PictureInfo {
  const items = Object.entries(texts).filter(([keyword]) => !['parameters', 'UserComment'].includes(keyword))
  return { info: toldParameters(texts) ?? '', items: Object.fromEntries(items) }
}

/** What the web UI takes for said where a text does not say it. */
const unsaid: Readonly<Record<string, string | number>> = {
  'Clip skip': '1',
  'Hires resize-1': 0,
  'Hires resize-2': 0,
  'Hires sampler': 'Use same sampler',
  'Hires schedule type': 'Use same scheduler',
  'Hires checkpoint': 'Use same checkpoint',
  'Hires prompt': '',
  'Hires negative prompt': '',
  'Mask mode': 'Inpaint masked',
  'Masked content': 'original',
  'Inpaint area': 'Whole picture',
  'Masked area padding': 32,
  RNG: 'GPU',
  'Schedule type': 'Automatic',
  Emphasis: 'Original'
}

/** The fields of a text by the web UI's names, and what it takes for said; nothing of an empty one. */
export function parametersIn(info: string): Readonly<Record<string, string | number>> {
  if (info === '') return {}
  const { prompt, negativePrompt, fields } = readParameters(info)
  return { ...unsaid, ...Object.fromEntries(fields), Prompt: prompt, 'Negative prompt': negativePrompt }
}
