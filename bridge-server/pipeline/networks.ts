import { AppError } from '../errors.ts'
import { readLoraTag, type LoraTag } from '../prompt/grammar/lora-tag.ts'
import { extractNetworks, findNetworks, type NetworkTag } from '../prompt/grammar/networks.ts'
import { parseWeight } from '../prompt/grammar/number.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import { latentUpscalers, plainUpscalers } from '../protocol/upscalers.ts'
import type { DiffusionModel, Extensions, Models } from '../runtime/model.ts'

/** Opens a request's model with the networks in it that its prompt and its controls (or, instead, `controls`) name. */
export async function openWithNetworks(
  models: Models,
  request: GenerateRequest,
  controls = controlsInUse(request).map((control) => control.model)
): Promise<DiffusionModel> {
  const model = await models.open(request.model, request.vae, request.seamless === true ? 'wrap' : 'zeros')
  return model.with({
    ...promptNetworks(request.prompt),
    controlNets: controls
  })
}

/** The same for both passes of a request, of which the second may have other prompts and another model. */
export async function openForPasses(
  models: Models,
  first: GenerateRequest,
  second: GenerateRequest
): Promise<readonly [first: DiffusionModel, second: DiffusionModel]> {
  const model = await openWithNetworks(models, first)
  const isSame = first.model === second.model && first.prompt === second.prompt
  return [model, isSame ? model : await openWithNetworks(models, second)]
}

/** Those that may do anything. */
export const controlsInUse = ({ controls = [] }: GenerateRequest): NonNullable<GenerateRequest['controls']> =>
  controls.filter(({ weight, start, end }) => weight > 0 && start <= end)

/**
 * What `<lora:…>`, `<lyco:…>` and `<hypernet:name:weight>` in a prompt ask for, by the web UI's rules. Tags of other kinds do
 * nothing. Throws AppError 'prompt-invalid' for a weight that is no number.
 */
export function promptNetworks(prompt: string): Pick<Extensions, 'loras' | 'hypernetworks'> {
  const { networks } = extractNetworks(prompt)
  const of = (...kinds: readonly string[]): readonly NetworkTag[] =>
    networks.filter(({ kind }) => kinds.includes(kind))
  return {
    loras: of('lora', 'lyco').map(loraOf),
    hypernetworks: of('hypernet').map((tag) => ({
      name: nameOf(tag),
      weight: weightOf(tag, tag.positional[1]) ?? 1
    }))
  }
}

/** Every network that a request names, by kind; embeddings are words until a model reads them. */
export function networksNamed(request: GenerateRequest): readonly {
  readonly kind: 'lora' | 'hypernetwork' | 'controlnet' | 'upscaler'
  readonly name: string
}[] {
  const { upscale, hires } = request
  if (upscale !== undefined && upscale.creative === undefined) return upscalersNamed([upscale.upscaler])
  const { loras, hypernetworks } = promptNetworks(`${request.prompt} ${hires?.prompt ?? ''}`)
  return [
    ...upscalersNamed([upscale?.upscaler, hires?.upscaler]),
    ...(upscale?.creative?.control === undefined
      ? []
      : [{ kind: 'controlnet' as const, name: upscale.creative.control }]),
    ...loras.map(({ name }) => ({ kind: 'lora' as const, name })),
    ...hypernetworks.map(({ name }) => ({ kind: 'hypernetwork' as const, name })),
    ...controlsInUse(request).map(({ model: name }) => ({ kind: 'controlnet' as const, name }))
  ]
}

/** Those that are files. */
const upscalersNamed = (ids: readonly (string | undefined)[]) =>
  ids.flatMap((name) =>
    name === undefined || withoutFile.has(name) ? [] : [{ kind: 'upscaler' as const, name }]
  )

const withoutFile: ReadonlySet<string> = new Set([...plainUpscalers, ...latentUpscalers].map(({ id }) => id))

/** The prompt without its tags. */
export const withoutNetworks = (prompt: string): string => extractNetworks(prompt).prompt

/** A negative prompt has nothing to apply networks to. Throws AppError 'prompt-invalid'. */
export function refuseNetworks(negativePrompt: string): void {
  const [tag] = findNetworks(negativePrompt)
  if (tag === undefined) return
  const text = negativePrompt.slice(tag.from, tag.to)
  throw new AppError('prompt-invalid', {
    message: `The negative prompt names a network, ${text}, which works on the whole picture.`,
    hint: 'Move the tag to the prompt.'
  })
}

function loraOf(tag: NetworkTag): LoraTag {
  const read = readLoraTag(tag)
  if ('name' in read) return read
  throw new AppError('prompt-invalid', {
    message: `In <${tag.kind}:${tag.positional.join(':')}>: ${read.problem}`,
    hint: read.hint
  })
}

const nameOf = ({ positional }: NetworkTag): string => positional[0]?.trim() ?? ''

function weightOf({ kind, positional }: NetworkTag, written: string | undefined): number | null {
  if (written === undefined) return null
  const weight = parseWeight(written.trim())
  if (weight !== null) return weight
  throw new AppError('prompt-invalid', {
    message: `“${written}” is no weight, in <${kind}:${positional.join(':')}>.`,
    hint: `Write a number, such as <${kind}:${positional[0] ?? 'name'}:0.8>.`
  })
}
