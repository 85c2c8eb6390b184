import { AppError } from '../errors.ts'
import { conditionPrompt, promptEncoders, type Conditioning } from '../prompt/conditioning.ts'
import type { EmphasisMode } from '../prompt/emphasis.ts'
import { findNetworks } from '../prompt/grammar/networks.ts'
import { openTokenizer } from '../prompt/tokenizer.ts'
import type { Emphasis, GenerateRequest } from '../protocol/request.ts'
import type { DiffusionModel } from '../runtime/model.ts'
import type { SamplerEntry } from '../sampling/registry.ts'
import { perModel } from './per-model.ts'

/** Both prompts of a job, for every call of the denoiser. */
export interface Conditionings {
  readonly positive: Conditioning
  /** Null where nothing asks for the unconditional prediction. */
  readonly negative: Conditioning | null
}

const encodersFor = perModel((model) => promptEncoders(model.textEncoders, openTokenizer))

/** Encodes the prompts. Throws AppError 'prompt-invalid' for tags of networks. */
export async function encodePrompts(
  model: DiffusionModel,
  { prompt, negativePrompt, sampling }: Pick<GenerateRequest, 'prompt' | 'negativePrompt' | 'sampling'>,
  sampler: SamplerEntry,
  signal: AbortSignal
): Promise<Conditionings> {
  refuseNetworks(prompt)
  refuseNetworks(negativePrompt)
  const encoders = await encodersFor(model)
  const options = {
    steps: sampling.steps * sampler.callsPerStep,
    clipSkip: sampling.clipSkip,
    emphasis: emphasisModes[sampling.emphasis ?? 'original'],
    signal
  }
  const positive = await conditionPrompt(encoders, prompt, options)
  if (!needsNegative(positive, sampling.guidance, sampler)) return { positive, negative: null }
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

/** At guidance 1 a prompt without weights is the whole prediction. */
function needsNegative(positive: Conditioning, guidance: number, sampler: SamplerEntry): boolean {
  const parts = positive.at(0)
  return guidance !== 1 || parts.length > 1 || parts[0]?.weight !== 1 || sampler.unconditional === true
}

function refuseNetworks(prompt: string): void {
  const [tag] = findNetworks(prompt)
  if (tag === undefined) return
  throw new AppError('prompt-invalid', {
    message: `The prompt names a network, ${prompt.slice(tag.from, tag.to)}, which cannot be used.`,
    hint: 'Take the tag out of the prompt.'
  })
}
