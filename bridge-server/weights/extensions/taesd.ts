import type { Weight } from '../../graph/weight.ts'
import type { Family } from '../../protocol/family.ts'
import { unreadable, weightSource, type TensorTable } from '../tensor-table.ts'
import type { Taesd } from './extension.ts'

/** diffusers' AutoencoderTiny has both halves in one file, and does not count the decoder's clamp. */
const half = /^(encoder|decoder)\.layers\.(\d+)\.(.+)$/
const bare = /^(\d+)\.(conv\.\d\.)?(weight|bias)$/

/** The first numbered layer's weights: 3 → n of an encoder, latents → n of a decoder. */
const firstOf = ({ weights }: TensorTable, name: string): readonly number[] => weights.get(name)?.shape ?? []

const LATENTS = 4

/** Whether a file holds a tiny autoencoder of Stable Diffusion, or one half of it. Those of other models have other latents. */
export function isTaesd(table: TensorTable): boolean {
  const names = [...table.weights.keys()]
  if (names.length === 0) return false
  if (names.every((name) => half.test(name)))
    return (
      firstOf(table, 'decoder.layers.0.weight')[1] === LATENTS ||
      firstOf(table, 'encoder.layers.0.weight')[1] === 3
    )
  if (!names.every((name) => bare.test(name)) || !table.weights.has('3.conv.0.weight')) return false
  return firstOf(table, '1.weight')[1] === LATENTS || firstOf(table, '0.weight')[1] === 3
}

/** Its tensors do not tell what it was made for; all that publish them put `xl` into the name. */
export const taesdFamilies = (name: string): readonly Family[] =>
  /xl/i.test(name) ? ['sdxl', 'sdxl-refiner'] : ['sd1', 'sd2']

/** Whether the file has the half that makes pictures. */
export const hasDecoder = ({ weights }: TensorTable): boolean =>
  weights.has('1.weight') || weights.has('decoder.layers.0.weight')

/** The decoder under the numbers of its own Sequential. Throws AppError 'model-unreadable'. */
export function readTaesd(table: TensorTable): Taesd {
  const decoder = new Map<string, Weight>()
  for (const [name, weight] of table.weights) {
    const [, part, number, rest] = half.exec(name) ?? []
    if (part === 'encoder') continue
    decoder.set(part === undefined ? name : `${Number(number) + 1}.${rest}`, weight)
  }
  const last = Math.max(...[...decoder.keys()].map((name) => Number(name.split('.')[0])))
  const empty = Array.from({ length: last }, (_, i) => i).filter(
    (i) => i > 2 && ![...decoder.keys()].some((name) => name.startsWith(`${i}.`))
  )
  // Each stands for an upsampling by two, and latents are eight times smaller than pictures.
  if (empty.length !== 3)
    throw unreadable(table.file, `its decoder has ${empty.length} upsamplings instead of 3`)
  return { decoder: weightSource(decoder) }
}
