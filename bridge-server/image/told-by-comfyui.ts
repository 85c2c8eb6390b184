import { writeParameters } from './metadata.ts'
import { numberOrNull, recordIn, type JsonRecord } from './told-json.ts'

/**
 * ComfyUI keeps the graph that made a picture: a node for each step, whose inputs are values or links `[node, output]`. What its first
 * sampler was given is told as the web UI tells it; null where there is none.
 */
export function comfyUiText(prompt: string): string | null {
  const graph = recordIn(prompt)
  if (graph === null) return null
  const nodes = new Map(Object.entries(graph).flatMap(([id, node]) => nodeOf(id, node)))
  const sampler = firstSampler(nodes)
  if (sampler === undefined) return null
  const { inputs } = sampler
  const model = walk(nodes, inputs.model, ['model'])
  const loras = model.flatMap(loraIn)
  const size = walk(nodes, inputs.latent_image, ['samples', 'latent_image', 'latent']).find(
    (node) => numberOrNull(node.inputs.width) !== null && numberOrNull(node.inputs.height) !== null
  )
  const { sampler_name: name, scheduler, denoise = 1 } = inputs
  const file = model.map((node) => node.inputs.ckpt_name ?? node.inputs.unet_name).find(isText)
  return writeParameters(
    [textOf(nodes, inputs.positive, 'positive'), ...loras].filter((part) => part !== '').join(' '),
    textOf(nodes, inputs.negative, 'negative'),
    [
      ['Steps', numberOrNull(inputs.steps)],
      ['Sampler', isText(name) ? (samplers.get(name) ?? name) : null],
      ['Schedule type', isText(scheduler) ? (schedules.get(scheduler) ?? scheduler) : null],
      ['CFG scale', numberOrNull(inputs.cfg)],
      ['Seed', seedOf(sampler)],
      ['Size', size === undefined ? null : `${String(size.inputs.width)}x${String(size.inputs.height)}`],
      ['Model', file === undefined ? null : withoutExtension(file)],
      ['Denoising strength', denoise === 1 ? null : numberOrNull(denoise)],
      ['RNG', 'CPU'],
      ['Version', 'ComfyUI']
    ]
  )
}

const samplers = new Map(
  Object.entries({
    ...{ euler: 'Euler', euler_ancestral: 'Euler a', heun: 'Heun', heunpp2: 'HeunPP2', lms: 'LMS' },
    ...{ dpm_2: 'DPM2', dpm_2_ancestral: 'DPM2 a', dpm_fast: 'DPM fast', dpm_adaptive: 'DPM adaptive' },
    ...{ dpmpp_2s_ancestral: 'DPM++ 2S a', dpmpp_sde: 'DPM++ SDE', dpmpp_sde_gpu: 'DPM++ SDE' },
    ...{ dpmpp_2m: 'DPM++ 2M', dpmpp_2m_sde: 'DPM++ 2M SDE', dpmpp_2m_sde_gpu: 'DPM++ 2M SDE' },
    ...{ dpmpp_3m_sde: 'DPM++ 3M SDE', dpmpp_3m_sde_gpu: 'DPM++ 3M SDE', ddpm: 'DDPM', ddim: 'DDIM' },
    ...{ lcm: 'LCM', uni_pc: 'UniPC', ipndm: 'iPNDM', deis: 'DEIS' }
  })
)
const schedules = new Map(
  Object.entries({
    ...{ normal: 'Normal', karras: 'Karras', exponential: 'Exponential', sgm_uniform: 'SGM Uniform' },
    ...{ simple: 'Simple', ddim_uniform: 'DDIM', beta: 'Beta', kl_optimal: 'KL Optimal' }
  })
)

interface Node {
  readonly id: string
  readonly inputs: JsonRecord
}
type Nodes = ReadonlyMap<string, Node>

function nodeOf(id: string, node: unknown): readonly (readonly [string, Node])[] {
  if (typeof node !== 'object' || node === null || !('inputs' in node)) return []
  const { inputs } = node
  return typeof inputs === 'object' && inputs !== null ? [[id, { id, inputs: { ...inputs } }]] : []
}

const seedOf = ({ inputs }: Node): number | null =>
  numberOrNull(inputs.seed) ?? numberOrNull(inputs.noise_seed)

/** The one that begins from noise, if one does. */
function firstSampler(nodes: Nodes): Node | undefined {
  const all = [...nodes.values()].filter(
    (node) => seedOf(node) !== null && numberOrNull(node.inputs.steps) !== null && 'positive' in node.inputs
  )
  return all.find(({ inputs: { denoise = 1 } }) => denoise === 1) ?? all[0]
}

/** Links that are followed at most. */
const mostSteps = 64

/** The nodes behind a link, each by the first of the inputs named. */
function walk(nodes: Nodes, link: unknown, names: readonly string[]): readonly Node[] {
  const found: Node[] = []
  let next = link
  while (found.length < mostSteps) {
    const node = Array.isArray(next) ? nodes.get(String(next[0])) : undefined
    if (node === undefined || found.includes(node)) break
    found.push(node)
    next = names.map((name) => node.inputs[name]).find(Array.isArray)
  }
  return found
}

function textOf(nodes: Nodes, link: unknown, side: 'positive' | 'negative'): string {
  const names = [
    side,
    'conditioning',
    'conditioning_1',
    'conditioning_to',
    'text',
    'text_g',
    'string',
    'value'
  ]
  for (const { inputs } of walk(nodes, link, names)) {
    const text = [inputs.text, inputs.text_g, inputs.string, inputs.value].find(isText)
    if (text !== undefined) return text
  }
  return ''
}

function loraIn({ inputs: { lora_name: name, strength_model: strength } }: Node): readonly string[] {
  return isText(name) ? [`<lora:${withoutExtension(name)}:${numberOrNull(strength) ?? 1}>`] : []
}

const withoutExtension = (file: string): string =>
  file.slice(file.replaceAll('\\', '/').lastIndexOf('/') + 1).replace(/\.(safetensors|ckpt|pt)$/i, '')

const isText = (value: unknown): value is string => typeof value === 'string'
