import { AppError } from '../../errors.ts'
import type { Weight } from '../../graph/weight.ts'
import { readScalars } from '../read-numbers.ts'
import { shownName, unreadable, type TensorTable } from '../tensor-table.ts'
import { readEmbedding } from './embedding.ts'
import type { Embedding, Lora, LoraLayer, LoraPart } from './extension.ts'
import { layerOf, type Pieces } from './lora-layer.ts'
import { parseLoraName } from './lora-names.ts'
import { rotationsOf } from './rotations.ts'

/** One layer's tensors as its file has them. */
interface Found {
  readonly part: LoraPart
  readonly path: string
  readonly pieces: Map<string, Weight>
}

/**
 * A LoRA or one of its relatives in kohya's, diffusers', peft's or LyCORIS' names. Of the numbers only the alphas are read, and
 * what OFTs are made from: their rotations are computed once, into a file in `cacheFolder`.
 * Throws AppError 'model-unsupported', 'model-unreadable'.
 */
export async function readLora(table: TensorTable, cacheFolder: string): Promise<Lora> {
  refuseUnusable(table)
  const found = await withRotations(table, findLayers(table), cacheFolder)
  const scalars = await readScalars(
    found.flatMap(({ pieces }) => [pieces.get('alpha') ?? [], pieces.get('on_input') ?? []].flat())
  )
  const layers = new Map<LoraPart, Map<string, LoraLayer>>()
  for (const { part, path, pieces } of found) {
    const alpha = alphaOf(table, part, pieces.get('alpha'), scalars)
    const onInput = pieces.get('on_input')
    const isOnInput = onInput !== undefined && scalars.get(onInput) !== 0
    const inPart = layers.get(part) ?? new Map<string, LoraLayer>()
    layers.set(part, inPart.set(path, layerOf(pieces, { file: table.file, path, alpha, isOnInput })))
  }
  return { layers, embeddings: bundledIn(table) }
}

/** Embeddings that some trainers put beside the layers, each as in a file of its own: `bundle_emb.NAME.string_to_param.*`. */
const bundled = /^bundle_emb\.([^.]+)\.(.+)$/

function bundledIn(table: TensorTable): ReadonlyMap<string, Embedding> {
  const files = new Map<string, Map<string, Weight>>()
  for (const [name, weight] of table.weights) {
    const [, embedding, tensor] = bundled.exec(name) ?? []
    if (embedding === undefined || tensor === undefined) continue
    files.set(embedding, (files.get(embedding) ?? new Map<string, Weight>()).set(tensor, weight))
  }
  return new Map(
    [...files].map(([name, weights]) => {
      const read = readEmbedding({ ...table, weights })
      if (read.vectors.length === 0) throw unreadable(table.file, `its embedding ${name} has no vectors`)
      return [name, read]
    })
  )
}

function findLayers(table: TensorTable): readonly Found[] {
  const found = new Map<string, Found>()
  for (const [name, weight] of table.weights) {
    if (bundled.test(name)) continue
    const parsed = parseLoraName(name)
    if (parsed === null) throw unknown(table, name)
    const { part, path, piece } = parsed
    const layer = found.get(`${part} ${path}`) ?? { part, path, pieces: new Map<string, Weight>() }
    if (layer.pieces.has(piece)) throw unreadable(table.file, `it holds ${piece} of its layer ${path} twice`)
    layer.pieces.set(piece, weight)
    found.set(`${part} ${path}`, layer)
  }
  return [...found.values()]
}

/** With `r`, the rotations that OFTs are made of, for what they are computed from. */
async function withRotations(
  table: TensorTable,
  found: readonly Found[],
  cacheFolder: string
): Promise<readonly Found[]> {
  const turning = found.filter(({ pieces }) => pieces.has('oft_blocks'))
  if (turning.length === 0) return found
  const rotations = await rotationsOf(
    table,
    turning.map(({ part, path, pieces }) => ({ name: `${part}.${path}`, ...turn(pieces) })),
    cacheFolder
  )
  return found.map(({ part, path, pieces }) => {
    const rotation = rotations.get(`${part}.${path}`)
    if (rotation === undefined) return { part, path, pieces }
    const rest = [...pieces].filter(([piece]) => piece !== 'oft_blocks' && piece !== 'alpha')
    return { part, path, pieces: new Map<string, Weight>([...rest, ['r', rotation]]) }
  })
}

const turn = (pieces: Pieces) => ({ blocks: pieces.get('oft_blocks')!, constraint: pieces.get('alpha') })

/** A tensor of its own, or for all layers of a part what diffusers writes beside them; without either the rank itself. */
function alphaOf(
  { metadata }: TensorTable,
  part: LoraPart,
  alpha: Weight | undefined,
  scalars: ReadonlyMap<Weight, number>
): number | null {
  if (alpha !== undefined) return scalars.get(alpha) ?? null
  const written = metadata.lora_adapter_metadata
  if (written === undefined) return null
  const key = { unet: 'unet', text0: 'text_encoder', text1: 'text_encoder_2' }[part]
  const value = (JSON.parse(written) as Record<string, unknown>)[`${key}.lora_alpha`]
  return typeof value === 'number' ? value : null
}

function refuseUnusable(table: TensorTable): void {
  const [odd] = table.unusable
  if (odd !== undefined)
    throw new AppError('model-unsupported', {
      message: `${shownName(table.file)} stores “${odd[0]}” as ${odd[1]}, which Marquee cannot compute with.`,
      hint: 'Use the LoRA in fp32, fp16 or bf16.'
    })
}

const unknown = (table: TensorTable, name: string): AppError =>
  new AppError('model-unsupported', {
    message: `${shownName(table.file)} has a tensor “${name}”, which is no part of a LoRA for Stable Diffusion 1, 2 or XL.`,
    hint: 'Choose a LoRA that was made for the family of your model.'
  })
