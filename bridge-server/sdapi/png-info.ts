import { readParameters } from '../image/metadata.ts'
import type { PictureInfo } from './picture-tasks.ts'

/** What a file's texts say of how its picture was made: the web UI's text wherever it stands, or NovelAI's brought into its form. */
export function infoOf(texts: Readonly<Record<string, string>>): PictureInfo {
  const { parameters, UserComment, ...items } = texts
  return { info: parameters ?? UserComment ?? novelAiText(texts) ?? '', items }
}

/** NovelAI keeps the prompt as Description, and the rest as JSON. */
function novelAiText({ Software, Description = '', Comment = '' }: Readonly<Record<string, string>>) {
  if (Software !== 'NovelAI') return null
  try {
    const found: unknown = JSON.parse(Comment)
    if (typeof found !== 'object' || found === null) return null
    const values = new Map<string, unknown>(Object.entries(found))
    const field = (label: string, name: string): string => `${label}: ${plain(values.get(name))}`
    const fields = [
      field('Steps', 'steps'),
      field('Sampler', 'sampler'),
      field('CFG scale', 'scale'),
      field('Seed', 'seed'),
      `Size: ${plain(values.get('width'))}x${plain(values.get('height'))}`
    ]
    return [Description, `Negative prompt: ${plain(values.get('uc'))}`, fields.join(', ')].join('\n')
  } catch {
    return null
  }
}

const plain = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

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
