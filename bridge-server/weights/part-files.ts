import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'
import type { Weight } from '../graph/weight.ts'
import { requireConfig } from './config-file.ts'
import type { TensorFileOptions } from './open-options.ts'
import { readTensorFile } from './tensor-file.ts'
import { shownName, unreadable, type TensorTable } from './tensor-table.ts'

const weightsFile =
  /^(diffusion_pytorch_model|model|pytorch_model)(\.[\w-]+?)?\.(safetensors|bin)(\.index(\.[\w-]+)?\.json)?$/
const shard = /-\d{5}-of-\d{5}/

/**
 * All tensors of one part (unet, vae, text_encoder, …) of a diffusers folder: one file, or shards listed in an index.
 * Of several variants the plain one is taken, then fp16, then the first by name; safetensors before pickles.
 */
export async function readPart(folder: string, options: TensorFileOptions): Promise<TensorTable> {
  const names = (await namesIn(folder)).filter((name) => weightsFile.test(name) && !shard.test(name))
  const [best] = names.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  if (best === undefined)
    throw new AppError('model-incomplete', {
      message: `The folder ${shownName(folder)} has no weights.`,
      hint: 'Download the whole model: diffusion_pytorch_model.safetensors or model.safetensors belongs there.'
    })
  const file = path.join(folder, best)
  return best.endsWith('.json') ? readShards(file, options) : readTensorFile(file, options)
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (cause) {
    throw new AppError('model-incomplete', {
      message: `The model has no folder ${shownName(folder)}.`,
      hint: 'Download the whole model.',
      cause
    })
  }
}

function rank(name: string): number {
  const [, , before, format, , after] = weightsFile.exec(name) ?? []
  const variant = before ?? after
  return (format === 'bin' ? 10 : 0) + (variant === undefined ? 0 : variant === '.fp16' ? 1 : 2)
}

async function readShards(file: string, options: TensorFileOptions): Promise<TensorTable> {
  const map = (await requireConfig(file)).object('weight_map')
  if (map === undefined) throw unreadable(file, 'it has no “weight_map”')
  const files = new Map<string, TensorTable>()
  const weights = new Map<string, Weight>()
  const unusable = new Map<string, string>()
  for (const name of map.keys) {
    const shardName = map.text(name) ?? ''
    if (shardName !== path.basename(shardName))
      throw unreadable(file, `it points to “${shardName}”, outside its folder`)
    let table = files.get(shardName)
    if (table === undefined) {
      table = await readTensorFile(path.join(path.dirname(file), shardName), options)
      files.set(shardName, table)
    }
    const weight = table.weights.get(name)
    const odd = table.unusable.get(name)
    if (weight !== undefined) weights.set(name, weight)
    else if (odd !== undefined) unusable.set(name, odd)
    else throw unreadable(file, `“${name}” is not in ${shardName}, where the index has it`)
  }
  const bytes = [...files.values()].reduce((sum, table) => sum + table.bytes, 0)
  return { file, weights, unusable, metadata: {}, bytes }
}
