import { AppError } from '../../errors.ts'
import type { Weight } from '../../graph/weight.ts'
import { readScalars } from '../read-numbers.ts'
import { shownName, unreadable, type TensorTable } from '../tensor-table.ts'
import type { Lora, LoraLayer, LoraPart } from './extension.ts'
import { otherAdaptations, parseLoraName, type LoraPiece } from './lora-names.ts'

type Pieces = Partial<Record<LoraPiece, Weight>>

/**
 * A LoRA or LoCon in kohya's, diffusers' or peft's names. Of the numbers only the alphas are read.
 * Throws AppError 'model-unsupported' for other kinds of adaptation, 'model-unreadable'.
 */
export async function readLora(table: TensorTable): Promise<Lora> {
  refuseOthers(table)
  const found = new Map<LoraPart, Map<string, Pieces>>()
  for (const [name, weight] of table.weights) {
    const parsed = parseLoraName(name)
    if (parsed === null) throw unknown(table, name)
    const part = found.get(parsed.part) ?? new Map<string, Pieces>()
    found.set(parsed.part, part)
    part.set(parsed.path, { ...part.get(parsed.path), [parsed.piece]: weight })
  }
  const alphas = await readScalars(
    [...found.values()].flatMap((part) => [...part.values()].flatMap(({ alpha }) => alpha ?? []))
  )
  const layers = new Map<LoraPart, ReadonlyMap<string, LoraLayer>>()
  for (const [part, paths] of found) {
    const whole = new Map<string, LoraLayer>()
    for (const [path, pieces] of paths)
      whole.set(path, layerOf(table, path, { pieces, alpha: alphaOf(table, part, pieces, alphas) }))
    layers.set(part, whole)
  }
  return { layers }
}

function layerOf(
  table: TensorTable,
  path: string,
  { pieces, alpha }: { pieces: Pieces; alpha: number | null }
): LoraLayer {
  const { down, up, mid = null } = pieces
  const rank = down?.shape[0] ?? 0
  if (down === undefined || up === undefined)
    throw unreadable(table.file, `its layer ${path} has no ${down === undefined ? 'down' : 'up'} part`)
  if (up.shape[1] !== rank || rank === 0)
    throw unreadable(
      table.file,
      `its layer ${path} goes down to rank ${rank} and up from ${up.shape[1] ?? 0}`
    )
  return { down, up, mid, factor: alpha === null ? 1 : alpha / rank }
}

/** A tensor of its own, or for all layers of a part what diffusers writes beside them; without either the rank itself. */
function alphaOf(
  { metadata }: TensorTable,
  part: LoraPart,
  { alpha }: Pieces,
  alphas: ReadonlyMap<Weight, number>
): number | null {
  if (alpha !== undefined) return alphas.get(alpha) ?? null
  const written = metadata.lora_adapter_metadata
  if (written === undefined) return null
  const key = { unet: 'unet', text0: 'text_encoder', text1: 'text_encoder_2' }[part]
  const value = (JSON.parse(written) as Record<string, unknown>)[`${key}.lora_alpha`]
  return typeof value === 'number' ? value : null
}

function refuseOthers(table: TensorTable): void {
  const names = [...table.weights.keys(), ...table.unusable.keys()]
  const other = otherAdaptations.find(([sign]) => names.some((name) => sign.test(name)))
  if (other !== undefined)
    throw new AppError('model-unsupported', {
      message: `${shownName(table.file)} is ${other[1]}, which Marquee cannot apply.`,
      hint: 'LoRA and LoCon files work; take one of those.'
    })
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
