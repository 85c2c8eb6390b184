import { conditionPrompt, promptEncoders, type Conditioning } from '../prompt/conditioning.ts'
import type { EmphasisMode } from '../prompt/emphasis.ts'
import { createTokenizers } from '../prompt/tokenizer.ts'
import type { Emphasis, GenerateRequest } from '../protocol/request.ts'
import type { DiffusionModel } from '../runtime/model.ts'
import type { SamplerEntry } from '../sampling/registry.ts'
import { refuseNetworks, withoutNetworks } from './networks.ts'

/** Both prompts of a job, for every call of the denoiser. */
export interface Conditionings {
  readonly positive: Conditioning
  /** Null where nothing asks for the unconditional prediction. */
  readonly negative: Conditioning | null
}

interface EncodeOptions {
  readonly signal: AbortSignal
  /** Steps of the first pass, where this is the second. */
  readonly stepsBefore?: number | undefined
}

/** Vocabularies take long to open and are the same for most models. */
const openTokenizer = createTokenizers()

/**
 * Encodes the prompts. The prompt's network tags go, for `openWithNetworks` has obeyed them; the negative prompt may have none.
 * Throws AppError 'prompt-invalid', and what opening an embedding throws.
 */
export async function encodePrompts(
  model: DiffusionModel,
  { prompt, negativePrompt, sampling }: Pick<GenerateRequest, 'prompt' | 'negativePrompt' | 'sampling'>,
  sampler: SamplerEntry,
  { signal, stepsBefore }: EncodeOptions
): Promise<Conditionings> {
  refuseNetworks(negativePrompt)
  const encoders = await promptEncoders(model.textEncoders, openTokenizer, await model.embeddings())
  const options = {
    steps: sampling.steps * sampler.callsPerStep,
    clipSkip: sampling.clipSkip,
    emphasis: emphasisModes[sampling.emphasis ?? 'original'],
    ...(stepsBefore === undefined ? {} : { firstPassSteps: stepsBefore * sampler.callsPerStep }),
    signal
  }
  const positive = await conditionPrompt(encoders, withoutNetworks(prompt), options)
  if (!needsNegative(positive, classifierFreeScale(model, sampling.guidance), sampler))
    return { positive, negative: null }
  const isXl = model.info.family === 'sdxl' || model.info.family === 'sdxl-refiner'
  const negative = await conditionPrompt(encoders, negativePrompt, {
    ...options,
    negative: true,
    zeroWhenEmpty: isXl
  })
  return { positive, negative }
}

const emphasisModes: Readonly<Record<Emphasis, EmphasisMode>> = {
  none: 'None',
  ignore: 'Ignore',
  original: 'Original',
  'no-norm': 'No norm'
}

/** The scale of classifier-free guidance: none where the model embeds what the request asks for. */
export const classifierFreeScale = ({ embedsGuidance }: DiffusionModel, guidance: number): number =>
  embedsGuidance ? 1 : guidance

/** At guidance 1 a prompt without weights is the whole prediction. */
function needsNegative(positive: Conditioning, guidance: number, sampler: SamplerEntry): boolean {
  const parts = positive.at(0)
  return guidance !== 1 || parts.length > 1 || parts[0]?.weight !== 1 || sampler.unconditional === true
}
