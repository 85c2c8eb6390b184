import { comfyUiText } from './told-by-comfyui.ts'
import { invokeAiText } from './told-by-invokeai.ts'
import { recordIn } from './told-json.ts'

/**
 * What a file's texts say of how its picture was made: the web UI's text wherever it stands (Forge's and many others' are the same),
 * or what NovelAI, InvokeAI or ComfyUI say, brought into its form.
 */
export function toldParameters(texts: Readonly<Record<string, string>>): string | null {
  const { parameters, UserComment, invokeai_metadata: invokeAi, prompt: comfyUi } = texts
  return (
    parameters ??
    UserComment ??
    novelAiText(texts) ??
    (invokeAi === undefined ? null : invokeAiText(invokeAi)) ??
    (comfyUi === undefined ? null : comfyUiText(comfyUi))
  )
}

/** NovelAI keeps the prompt as Description, and the rest as JSON. */
function novelAiText({ Software, Description = '', Comment = '' }: Readonly<Record<string, string>>) {
  if (Software !== 'NovelAI') return null
  const told = recordIn(Comment)
  if (told === null) return null
  const fields = [
    `Steps: ${plain(told.steps)}`,
    `Sampler: ${plain(told.sampler)}`,
    `CFG scale: ${plain(told.scale)}`,
    `Seed: ${plain(told.seed)}`,
    `Size: ${plain(told.width)}x${plain(told.height)}`
  ]
  return [Description, `Negative prompt: ${plain(told.uc)}`, fields.join(', ')].join('\n')
}

const plain = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''
