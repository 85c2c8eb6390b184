import type { ExtensionInfo, ExtensionKind } from '../../protocol/extensions.ts'
import { refuseForeignAddOn } from '../foreign-kinds.ts'
import { stemOf } from '../model-info.ts'
import { readText } from '../open-file.ts'
import type { TensorTable } from '../tensor-table.ts'
import { annotatorNetwork } from './annotator.ts'
import { isControlNet, unionKinds } from './controlnet.ts'
import { isEmbedding } from './embedding.ts'
import type { ExtensionFile } from './extension-files.ts'
import { isHypernetwork } from './hypernetwork.ts'
import { isAdaptation } from './lora-names.ts'
import { isTaesd, taesdFamilies } from './taesd.ts'
import { upscalerNetwork } from './upscaler.ts'

/**
 * What a file is by its tensors; null: nothing that belongs beside a model. Throws AppError 'model-unsupported' for what does and
 * cannot be run, such as IP-Adapters and upscalers of other kinds.
 */
export function kindOf(table: TensorTable): ExtensionKind | null {
  const names = [...table.weights.keys(), ...table.unusable.keys()]
  if (names.some((name) => name.startsWith('model.diffusion_model.') && !name.includes('lora'))) return null
  refuseForeignAddOn(table)
  if (names.some(isAdaptation)) return 'lora'
  if (isControlNet(table)) return 'controlnet'
  if (isHypernetwork(table)) return 'hypernetwork'
  if (isTaesd(table)) return 'taesd'
  if (annotatorNetwork(table) !== null) return 'annotator'
  if (upscalerNetwork(table) !== null) return 'upscaler'
  return isEmbedding(table) ? 'embedding' : null
}

/** By the width of the text that the network was made for. */
const families: Readonly<Record<number, ExtensionInfo['family']>> = {
  768: 'sd1',
  1024: 'sd2',
  2048: 'sdxl'
}

function familyOf({ weights, metadata }: TensorTable, kind: ExtensionKind): ExtensionInfo['family'] {
  if (kind === 'embedding') {
    if (weights.has('clip_l') || weights.has('clip_g')) return 'sdxl'
    return families[[...weights.values()][0]?.shape.at(-1) ?? 0] ?? null
  }
  if (kind === 'hypernetwork')
    return weights.has('768.0.linear.0.weight') ? 'sd1' : weights.has('1024.0.linear.0.weight') ? 'sd2' : null
  const [text] = [...weights.keys()].flatMap((name) => textWidth(weights, name) ?? [])
  if (text !== undefined) return families[text] ?? null
  return kind === 'lora' ? loraFamily(weights, metadata) : null
}

/** Layers that read the text, and what of a name stands behind them. */
const readsText = /attn2[._]to_[kv](.*)$/

/** How wide the text is that a network reads, by one of its tensors; null where that does not tell. */
function textWidth(weights: TensorTable['weights'], name: string): number | null {
  const [, end] = readsText.exec(name) ?? []
  const { shape = [] } = weights.get(name) ?? {}
  if (end === undefined) return null
  if (/(^\.weight|(down|A)(\.\w+)?\.weight|\.down|\.diff|hada_w[12]_b)$/.test(end)) return shape[1] ?? null
  // Of a Kronecker product both factors tell.
  const other =
    weights.get(name.replace(/lokr_w1(_b)?$/, 'lokr_w2')) ??
    weights.get(name.replace(/lokr_w1(_b)?$/, 'lokr_w2_b'))
  return /lokr_w1(_b)?$/.test(end) && other !== undefined ? (shape[1] ?? 0) * (other.shape[1] ?? 0) : null
}

/** A LoRA that changes nothing that reads the text: by what only XL has, else by what its trainer wrote. */
function loraFamily(
  weights: TensorTable['weights'],
  metadata: TensorTable['metadata']
): ExtensionInfo['family'] {
  const ofXl = /^lora_te[12]_|^text_encoder_2\.|transformer_blocks[._][1-9]/
  if ([...weights.keys()].some((name) => ofXl.test(name))) return 'sdxl'
  const written = `${metadata.ss_base_model_version ?? ''} ${metadata['modelspec.architecture'] ?? ''}`
  if (/sdxl|xl-v1|xl_v1/.test(written)) return 'sdxl'
  return /sd_v2|diffusion-v2/.test(written) ? 'sd2' : /sd_v1|diffusion-v1/.test(written) ? 'sd1' : null
}

/** What is listed of an extension. `table` was recognised as `kind`. */
export async function extensionInfo(
  { id, name, file, neighbours }: Pick<ExtensionFile, 'id' | 'name' | 'file' | 'neighbours'>,
  kind: ExtensionKind,
  table: TensorTable
): Promise<ExtensionInfo> {
  const kinds = kind === 'controlnet' ? unionKinds(table) : []
  return {
    kind,
    id,
    name,
    family: kind === 'taesd' ? (taesdFamilies(name)[0] ?? null) : familyOf(table, kind),
    triggers:
      kind === 'embedding'
        ? [name]
        : kind === 'lora'
          ? await triggersOf({ file, neighbours }, table.metadata)
          : [],
    bytes: table.bytes,
    ...(kinds.length === 0 ? {} : { kinds: [...kinds] })
  }
}

const mostTriggers = 12

/**
 * Words that call forth what a LoRA learnt: what its maker says (`modelspec.trigger_phrase`, the web UI's `NAME.json`, Civitai's
 * `NAME.civitai.info`), else the tags that its training pictures had most often (kohya's `ss_tag_frequency`).
 */
async function triggersOf(file: Beside, metadata: Readonly<Record<string, string>>): Promise<string[]> {
  const said = metadata['modelspec.trigger_phrase'] ?? (await besideFile(file))
  if (said !== undefined)
    return said
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '')
  const counts = new Map<string, number>()
  for (const folder of Object.values(recordOf(metadata.ss_tag_frequency)))
    for (const [tag, count] of Object.entries(typeof folder === 'object' && folder !== null ? folder : {}))
      if (typeof count === 'number') counts.set(tag.trim(), (counts.get(tag.trim()) ?? 0) + count)
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, mostTriggers)
    .map(([tag]) => tag)
}

type Beside = Pick<ExtensionFile, 'file' | 'neighbours'>

async function besideFile({ file, neighbours }: Beside): Promise<string | undefined> {
  const read = async (ending: string) => {
    const note = neighbours.get(`${stemOf(file)}${ending}`.toLowerCase())
    return recordOf(note === undefined ? undefined : await readText(note).catch(() => undefined))
  }
  const said = (await read('.json'))['activation text']
  if (typeof said === 'string' && said.trim() !== '') return said
  const trained = (await read('.civitai.info')).trainedWords
  const words = Array.isArray(trained) ? trained.filter((word) => typeof word === 'string') : []
  return words.length === 0 ? undefined : words.join(',')
}

/** Notes of other programs: what is not an object says nothing. */
function recordOf(json: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json ?? '')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
