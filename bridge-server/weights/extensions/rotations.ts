import { createHash } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../../errors.ts'
import type { Weight } from '../../graph/weight.ts'
import { readNumbers, readScalars } from '../read-numbers.ts'
import { readSafetensors } from '../safetensors.ts'
import { shownName, unreadable, type TensorTable } from '../tensor-table.ts'
import { writeSafetensors } from '../write-safetensors.ts'

/** What an OFT turns one layer by. */
export interface Turn {
  readonly name: string
  /** [blocks, size, size], or [stages, blocks, size, size] of a BOFT. */
  readonly blocks: Weight
  /** How far it may turn, for each output; 0 or none: as far as it likes. */
  readonly constraint: Weight | undefined
}

/**
 * The orthogonal matrices of an OFT by the Cayley transform of its blocks, R = (I + Q)(I − Q)⁻¹ with Q = B − Bᵀ (Qiu et al. 2023,
 * arXiv:2306.07280), by name and in the blocks' shape: mapped from a file in `cacheFolder` that is written at the first time.
 * Throws AppError 'model-unreadable', 'disk-full'.
 */
export async function rotationsOf(
  table: TensorTable,
  turns: readonly Turn[],
  cacheFolder: string
): Promise<ReadonlyMap<string, Weight>> {
  for (const { name, blocks } of turns)
    if (![3, 4].includes(blocks.shape.length) || blocks.shape.at(-1) !== blocks.shape.at(-2))
      throw unreadable(table.file, `its ${name} is turned by blocks of ${blocks.shape.join(' × ')}`)
  const { size, mtimeMs } = await stat(table.file)
  const key = createHash('sha256')
    .update(`oft\n${table.file}\n${size}\n${mtimeMs}`)
    .digest('hex')
    .slice(0, 32)
  const target = path.join(cacheFolder, `${key}.safetensors`)
  if ((await stat(target).catch(() => null)) === null) await write(target, table, turns)
  return (await readSafetensors(target)).weights
}

async function write(target: string, table: TensorTable, turns: readonly Turn[]): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true })
  const limits = await readScalars(turns.flatMap(({ constraint }) => constraint ?? []))
  const partial = `${target}.${process.pid}.partial`
  const out = await open(partial, 'w')
  try {
    await writeSafetensors(
      out,
      turns.map(({ name, blocks, constraint }) => {
        const { shape } = blocks
        const length = 4 * shape.reduce((product, size) => product * size, 1)
        const limit = constraint === undefined ? 0 : (limits.get(constraint) ?? 0)
        const read = async (): Promise<Buffer> => {
          const made = rotations(await readNumbers(blocks), shape, limit)
          return Buffer.from(made.buffer, made.byteOffset, made.byteLength)
        }
        return { name, dtype: 'f32', shape, length, read }
      })
    )
  } catch (cause) {
    await rm(partial, { force: true })
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC')
      throw new AppError('disk-full', {
        message: `There is no room to prepare ${shownName(table.file)}.`,
        hint: 'Free some disk space.',
        cause
      })
    throw cause
  } finally {
    await out.close()
  }
  await rename(partial, target)
}

function rotations(blocks: Float64Array, shape: readonly number[], limit: number): Float32Array {
  const n = shape.at(-1) ?? 1
  const count = shape.at(-3) ?? 1
  const skew = new Float64Array(blocks.length)
  let squares = 0
  for (let at = 0; at < blocks.length; at += n * n)
    for (let i = 0; i < n; i++)
      for (let k = 0; k < n; k++) {
        const value = blocks[at + i * n + k]! - blocks[at + k * n + i]!
        skew[at + i * n + k] = value
        squares += value ** 2
      }
  // LyCORIS keeps the whole from turning farther than its constraint for each output.
  const most = limit * count * n
  const factor = most > 0 ? Math.min(1, most / (Math.sqrt(squares) + 1e-8)) : 1
  const out = new Float32Array(blocks.length)
  for (let at = 0; at < blocks.length; at += n * n)
    out.set(
      cayley(
        skew.subarray(at, at + n * n).map((value) => factor * value),
        n
      ),
      at
    )
  return out
}

/** (I + Q)(I − Q)⁻¹ = 2 (I − Q)⁻¹ − I of a skew-symmetric [n, n], whose I − Q needs no pivots: all its leading minors are positive. */
function cayley(q: Float64Array, n: number): Float64Array {
  const width = 2 * n
  const rows = Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: width }, (_, k) =>
      k < n ? (i === k ? 1 : 0) - q[i * n + k]! : k - n === i ? 1 : 0
    )
  )
  for (const [i, pivot] of rows.entries()) {
    const scale = 1 / pivot[i]!
    for (let k = i; k < width; k++) pivot[k]! *= scale
    for (const [other, row] of rows.entries()) {
      const by = row[i]!
      if (other === i || by === 0) continue
      for (let k = i; k < width; k++) row[k]! -= by * pivot[k]!
    }
  }
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, k] = [Math.floor(at / n), at % n]
    return 2 * rows[i]![n + k]! - (i === k ? 1 : 0)
  })
}
