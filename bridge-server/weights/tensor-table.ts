import path from 'node:path'
import { AppError } from '../errors.ts'
import type { Dtype, Weight, WeightSource } from '../graph/weight.ts'

/** Every tensor of one file, or of the shards of one part, by the names in the file; nothing of their data is read. */
export interface TensorTable {
  /** Absolute path of the file, or of the index file of shards: what messages name. */
  readonly file: string
  readonly weights: ReadonlyMap<string, Weight>
  /** Tensors that no network can use as they are stored, with the name of their dtype: int16, complex, … */
  readonly unusable: ReadonlyMap<string, string>
  readonly metadata: Readonly<Record<string, string>>
  /** Of all files together. */
  readonly bytes: number
}

/** Bytes of one number. */
export const dtypeBytes: Readonly<Record<Dtype, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  f8e4m3: 1,
  f8e5m2: 1,
  i64: 8,
  i32: 4,
  u8: 1
}

/** File and folder, enough for a person to find it, without where on the disk it is. */
export const shownName = (file: string): string =>
  path.join(path.basename(path.dirname(file)), path.basename(file))

export const unreadable = (file: string, problem: string, cause?: unknown): AppError =>
  new AppError('model-unreadable', {
    message: `${shownName(file)} cannot be read: ${problem}.`,
    hint: 'The file is damaged or only partly downloaded; download it again.',
    cause
  })

/** A network's weights from a map that nobody changes any more. */
export const weightSource = (weights: ReadonlyMap<string, Weight>): WeightSource => ({
  get: (name) => weights.get(name),
  names: [...weights.keys()]
})

/**
 * The weights that `rename` keeps, under their new names; null leaves a tensor out.
 * Throws AppError 'model-unsupported' when one of them has a dtype that no network can use.
 */
export function renamed(table: TensorTable, rename: (name: string) => string | null): Map<string, Weight> {
  for (const [name, dtype] of table.unusable)
    if (rename(name) !== null)
      throw new AppError('model-unsupported', {
        message: `${shownName(table.file)} stores “${name}” as ${dtype}, which Marquee cannot compute with.`,
        hint: 'Use the model in fp32, fp16, bf16 or fp8.'
      })
  const result = new Map<string, Weight>()
  for (const [name, weight] of table.weights) {
    const to = rename(name)
    if (to !== null) result.set(to, weight)
  }
  return result
}

/** As `renamed`, for the tensors whose names begin with `prefix`, which goes. */
export const under = (table: TensorTable, prefix: string): Map<string, Weight> =>
  renamed(table, (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : null))

export const hasPrefix = ({ weights, unusable }: TensorTable, prefix: string): boolean => {
  for (const names of [weights.keys(), unusable.keys()])
    for (const name of names) if (name.startsWith(prefix)) return true
  return false
}
