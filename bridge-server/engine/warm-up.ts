import { generate } from '../pipeline/generate.ts'
import type { Models } from '../runtime/model.ts'

/** Pixels; a multiple of every model's smallest unit. */
const side = 64

/**
 * Makes a picture that nobody sees, so that the networks of `model` are open when the first job comes.
 * Rejects as `generate` does.
 */
export async function warmUp(model: string, models: Models, signal: AbortSignal): Promise<void> {
  const size = { width: side, height: side }
  const { info } = await models.open(model)
  await generate(
    {
      mode: 'txt2img',
      model,
      prompt: '',
      negativePrompt: '',
      documentId: '',
      canvas: size,
      area: { x: 0, y: 0, ...size },
      strength: 1,
      sampling: { ...info.defaults, steps: 1, seed: 0 },
      count: 1,
      workingSize: size
    },
    {},
    models,
    { signal, onProgress: () => undefined, onPreview: () => undefined }
  )
}
