import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { ExtensionInfo, ExtensionKind } from '../../protocol/extensions.ts'
import { stemOf } from '../model-info.ts'
import type { TensorTable } from '../tensor-table.ts'
import { annotatorNetwork } from './annotator.ts'
import { isControlNet } from './controlnet.ts'
import { isEmbedding } from './embedding.ts'
import type { ExtensionFile } from './extension-files.ts'
import { isHypernetwork } from './hypernetwork.ts'
import { isAdaptation } from './lora-names.ts'
import { isTaesd, taesdFamilies } from './taesd.ts'
import { upscalerNetwork } from './upscaler.ts'

/**
 * What a file is by its tensors; null: nothing that belongs beside a model. Throws AppError 'model-unsupported' for an upscaler
 * of an unknown kind.
 */
export function kindOf(table: TensorTable): ExtensionKind | null {
  const names = [...table.weights.keys(), ...table.unusable.keys()]
  if (names.some((name) => name.startsWith('model.diffusion_model.') && !name.includes('lora'))) return null
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

function familyOf({ weights }: TensorTable, kind: ExtensionKind): ExtensionInfo['family'] {
  if (kind === 'embedding') {
    if (weights.has('clip_l') || weights.has('clip_g')) return 'sdxl'
    return families[[...weights.values()][0]?.shape.at(-1) ?? 0] ?? null
  }
  if (kind === 'hypernetwork')
    return weights.has('768.0.linear.0.weight') ? 'sd1' : weights.has('1024.0.linear.0.weight') ? 'sd2' : null
  for (const [name, { shape }] of weights)
    if (/attn2[._]to_k([._].*(down|A))?(\.default)?\.weight$/.test(name))
      return families[shape[1] ?? 0] ?? null
  return null
}

/** What is listed of an extension. `table` was recognised as `kind`. */
export async function extensionInfo(
  { id, name, file }: ExtensionFile,
  kind: ExtensionKind,
  table: TensorTable
): Promise<ExtensionInfo> {
  return {
    kind,
    id,
    name,
    family: kind === 'taesd' ? (taesdFamilies(name)[0] ?? null) : familyOf(table, kind),
    triggers: kind === 'embedding' ? [name] : kind === 'lora' ? await triggersOf(file, table.metadata) : [],
    bytes: table.bytes
  }
}

const mostTriggers = 12

/**
 * Words that call forth what a LoRA learnt: what its maker says (`modelspec.trigger_phrase`, the web UI's `NAME.json`),
 * else the tags that its training pictures had most often (kohya's `ss_tag_frequency`).
 */
async function triggersOf(file: string, metadata: Readonly<Record<string, string>>): Promise<string[]> {
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

async function besideFile(file: string): Promise<string | undefined> {
  const text = await readFile(path.join(path.dirname(file), `${stemOf(file)}.json`), 'utf8').catch(() => '')
  const said = recordOf(text)['activation text']
  return typeof said === 'string' && said.trim() !== '' ? said : undefined
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
