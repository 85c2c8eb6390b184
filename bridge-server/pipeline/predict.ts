import type { WeightedPrompt } from '../prompt/conditioning.ts'
import type { DiffusionModel } from '../runtime/model.ts'
import { denoiserOf, type Network } from '../sampling/denoiser.ts'
import type { Predictions } from '../sampling/guidance.ts'
import type { ModelSigmas } from '../sampling/model-sigmas.ts'
import type { Latents } from '../sampling/sampler.ts'
import { combine } from '../sampling/steps.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Conditionings } from './conditioning.ts'
import { residualsOf, type GuidingControl } from './control.ts'
import { inputOf, type ExtraChannels } from './model-input.ts'

interface Predictor {
  readonly model: DiffusionModel
  readonly sigmas: ModelSigmas
  readonly conditionings: Conditionings
  readonly extra: ExtraChannels
  readonly controls: readonly GuidingControl[]
  /** As the request asks; only models that embed it are told. */
  readonly guidance: number
  readonly steps: number
  readonly callsPerStep: number
  readonly quantize: boolean
  /** [1, 4, h, w] of the latents. */
  readonly dims: readonly number[]
}

interface PredictorAt extends Predictor {
  /** Share of the steps done. */
  readonly progress: number
}

/** What `guided` asks for: both predictions at one point. Every call moves on in the prompts' schedules. */
export function predictor(parts: Predictor): (x: Latents, sigma: number) => Promise<Predictions> {
  const { conditionings, model, sigmas, quantize } = parts
  let call = 0
  return async (x, sigma) => {
    const positive = conditionings.positive.at(call)
    const negative = conditionings.negative?.at(call) ?? []
    const progress = Math.min(1, Math.floor(call / parts.callsPerStep) / parts.steps)
    call++
    const outputs = sharedRun({ ...parts, progress }, [...negative, ...positive])
    const denoised = await Promise.all(
      [...negative, ...positive].map((_, i) => {
        const network: Network = async (input, timestep) => (await outputs(input, timestep))[i]!
        return denoiserOf(network, sigmas, model.info.prediction, { quantize })(x, sigma)
      })
    )
    if (negative.length === 0) return { cond: denoised[0]! }
    const [uncond, ...conds] = denoised
    return { cond: composed(uncond!, conds, positive), uncond: uncond! }
  }
}

/** AND: each part pulls away from the unconditional prediction with its weight (Liu et al. 2022, arXiv:2206.01714). */
function composed(uncond: Latents, conds: readonly Latents[], parts: readonly WeightedPrompt[]): Latents {
  if (conds.length === 1 && parts[0]!.weight === 1) return conds[0]!
  const total = parts.reduce((sum, { weight }) => sum + weight, 0)
  return combine([1 - total, uncond], ...conds.map((cond, i) => [parts[i]!.weight, cond] as const))
}

/** The network for several prompts at one point: one run for all that are equally long, made when the first is asked for. */
function sharedRun(parts: PredictorAt, prompts: readonly WeightedPrompt[]) {
  let running: Promise<readonly Latents[]> | undefined
  return (input: Latents, timestep: number): Promise<readonly Latents[]> =>
    (running ??= runAll(parts, prompts, input, timestep))
}

async function runAll(
  parts: PredictorAt,
  prompts: readonly WeightedPrompt[],
  input: Latents,
  timestep: number
): Promise<readonly Latents[]> {
  const isNegative = (prompt: WeightedPrompt): boolean =>
    parts.conditionings.negative !== null && prompt === prompts[0]
  const outputs = new Map<WeightedPrompt, Latents>()
  for (const group of byLength(prompts)) {
    const latents = { data: input, dims: parts.dims }
    const conditions = {
      timesteps: new Float32Array(group.length).fill(timestep),
      context: stacked(group.map(({ context }) => context)),
      ...yOf(parts, group, isNegative)
    }
    const residuals = await residualsOf(parts.controls, {
      ...conditions,
      x: inputOf(latents, null, group.length),
      unconditional: group.map(isNegative),
      progress: parts.progress
    })
    const { data } = await parts.model.unet({
      ...conditions,
      x: inputOf(latents, parts.extra.channels, group.length),
      ...(parts.model.embedsGuidance ? { guidance: parts.guidance } : {}),
      residuals
    })
    group.forEach((prompt, i) => outputs.set(prompt, data.slice(i * input.length, (i + 1) * input.length)))
  }
  return prompts.map((prompt) => outputs.get(prompt)!)
}

/** XL's second input, a row for each prompt. */
function yOf(
  { extra: { sizes } }: Predictor,
  prompts: readonly WeightedPrompt[],
  isNegative: (prompt: WeightedPrompt) => boolean
): { readonly y?: Tensor } {
  if (sizes === null) return {}
  return { y: stacked(prompts.map((prompt) => sizes(prompt.pooled, isNegative(prompt)))) }
}

/** Prompts whose contexts have one length run together; padding would change the picture. */
function byLength(prompts: readonly WeightedPrompt[]): readonly (readonly WeightedPrompt[])[] {
  const groups = new Map<number, WeightedPrompt[]>()
  for (const prompt of prompts) {
    const tokens = prompt.context.dims[1] ?? 0
    groups.set(tokens, [...(groups.get(tokens) ?? []), prompt])
  }
  return [...groups.values()]
}

/** [1, …] each → [n, …]. */
function stacked(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors
  const size = first?.data.length ?? 0
  const data = new Float32Array(tensors.length * size)
  tensors.forEach((tensor, i) => data.set(tensor.data, i * size))
  return { data, dims: [tensors.length, ...(first?.dims.slice(1) ?? [])] }
}
