import type { FileHandle } from 'node:fs/promises'
import { AppError } from '../errors.ts'
import type { Dtype, Weight } from '../graph/weight.ts'
import { openFile } from './open-file.ts'
import { shownName, unreadable, type TensorTable } from './tensor-table.ts'

/** As the reference implementation. */
const longestHeader = 100_000_000
/** Models have some thousands; a header of nothing else would be read for seconds, and everybody wait. */
const mostTensors = 100_000

/** Names of the format's dtypes: ours, or null where no network can use it; and how many bits one number takes. */
const dtypes: Readonly<Record<string, readonly [Dtype | null, number]>> = {
  F32: ['f32', 32],
  F16: ['f16', 16],
  BF16: ['bf16', 16],
  F8_E4M3: ['f8e4m3', 8],
  F8_E5M2: ['f8e5m2', 8],
  I64: ['i64', 64],
  I32: ['i32', 32],
  U8: ['u8', 8],
  F64: [null, 64],
  U64: [null, 64],
  C64: [null, 64],
  U32: [null, 32],
  I16: [null, 16],
  U16: [null, 16],
  I8: [null, 8],
  BOOL: [null, 8],
  F8_E8M0: [null, 8],
  F6_E2M3: [null, 6],
  F6_E3M2: [null, 6],
  F4: [null, 4]
}

interface Entry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/**
 * The tensors of a .safetensors file, in place: only the header is read, and every rule of the format is checked.
 * Throws AppError 'model-unreadable', or 'model-missing' where there is no such file.
 * Format: https://github.com/huggingface/safetensors#format
 */
export async function readSafetensors(file: string): Promise<TensorTable> {
  const handle = await openForReading(file)
  try {
    const { size } = await handle.stat()
    const first = await readExactly(handle, 0, Math.min(8, size))
    const length = headerLength(file, first, size)
    return parseHeader(file, await readExactly(handle, 8, length), size)
  } finally {
    await handle.close()
  }
}

/** Opens a file; one that is not there or may not be read is the person's to mend. */
export async function openForReading(file: string): Promise<FileHandle> {
  try {
    return await openFile(file)
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    if (missing)
      throw new AppError('model-missing', { message: `There is no file ${shownName(file)}.`, cause })
    throw unreadable(file, cause instanceof Error ? cause.message : 'it does not open', cause)
  }
}

/** Fewer bytes than asked for only at the end of the file. */
export async function readExactly(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

function headerLength(file: string, first: Buffer, size: number): number {
  if (first.length < 8) throw unreadable(file, `it has ${size} bytes and a safetensors file has at least 10`)
  const text = first.toString('latin1').toLowerCase()
  if (text.startsWith('<!doctyp') || text.startsWith('<html')) throw unreadable(file, 'it is a web page')
  if (text === 'version ')
    throw unreadable(file, 'it is a Git LFS pointer to the model, not the model itself')
  const length = first.readBigUInt64LE()
  if (length > longestHeader)
    throw unreadable(
      file,
      `it is no safetensors file, for its header would have ${length.toString()} bytes (at most ${longestHeader})`
    )
  if (8 + Number(length) > size)
    throw unreadable(
      file,
      `its header needs ${8 + Number(length)} bytes and the file ends after ${size}; it is truncated`
    )
  return Number(length)
}

/** The header's JSON, without the eight bytes of its length, of a file of `size` bytes. */
export function parseHeader(file: string, bytes: Buffer, size: number): TensorTable {
  const { text, json } = parseJson(file, bytes)
  const metadata = parseMetadata(file, json.__metadata__)
  const entries = Object.entries(json)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => parseEntry(file, name, value))
    .sort((a, b) => a.begin - b.begin || a.end - b.end)
  checkDuplicates(file, text, entries.length)
  checkLayout(file, entries, { data: 8 + bytes.length, size })

  const weights = new Map<string, Weight>()
  const unusable = new Map<string, string>()
  for (const { name, dtype, shape, begin, end } of entries) {
    const known = dtypes[dtype]?.[0] ?? null
    if (known === null) unusable.set(name, dtype)
    else
      weights.set(name, {
        dtype: known,
        shape,
        file,
        offset: 8 + bytes.length + begin,
        length: end - begin
      })
  }
  return { file, weights, unusable, metadata, bytes: size }
}

function parseJson(file: string, bytes: Buffer): { text: string; json: Record<string, unknown> } {
  let text: string
  let json: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    checkCount(file, text)
    json = JSON.parse(text)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw unreadable(file, `its header of ${bytes.length} bytes is not JSON`, cause)
  }
  if (!isRecord(json)) throw unreadable(file, 'its header is not a JSON object')
  return { text, json }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parseMetadata(file: string, value: unknown): Record<string, string> {
  if (value === undefined) return {}
  if (!isRecord(value)) throw unreadable(file, 'its __metadata__ is not an object')
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== 'string') throw unreadable(file, `its __metadata__ “${key}” is not a text`)
      return [key, text]
    })
  )
}

function parseEntry(file: string, name: string, value: unknown): Entry {
  if (!isRecord(value)) throw unreadable(file, `the entry of “${name}” is not an object`)
  const { dtype, shape, data_offsets: offsets } = value
  const kind = typeof dtype === 'string' && Object.hasOwn(dtypes, dtype) ? dtypes[dtype] : undefined
  if (typeof dtype !== 'string' || kind === undefined)
    throw unreadable(file, `“${name}” has the unknown dtype ${JSON.stringify(dtype)}`)
  if (!isCounts(shape)) throw unreadable(file, `“${name}” has the shape ${JSON.stringify(shape)}`)
  if (!isCounts(offsets) || offsets.length !== 2)
    throw unreadable(file, `“${name}” has the offsets ${JSON.stringify(offsets)}`)
  const [begin = 0, end = 0] = offsets
  const bits = shape.reduce((product, dim) => product * dim, kind[1])
  if (bits !== (end - begin) * 8)
    throw unreadable(
      file,
      `“${name}” is ${dtype} [${shape.join(', ')}], ${bits / 8} bytes, and its offsets ${begin}…${end} hold ${end - begin}`
    )
  return { name, dtype, shape, begin, end }
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((x) => Number.isSafeInteger(x) && x >= 0)

function checkCount(file: string, text: string): void {
  const written = writtenTensors(text)
  if (written > mostTensors)
    throw unreadable(
      file,
      `its header lists ${written} tensors, and more than ${mostTensors} are in no model`
    )
}

const writtenTensors = (text: string): number => text.match(/"data_offsets"\s*:\s*\[/g)?.length ?? 0

/** JSON.parse keeps the last of two equal keys, so the tensors in the text are counted. */
function checkDuplicates(file: string, text: string, tensors: number): void {
  const written = writtenTensors(text)
  if (written !== tensors)
    throw unreadable(file, `its header lists ${written} tensors under ${tensors} different names`)
}

/** The data must be covered without gaps or overlaps, up to the last byte. */
function checkLayout(
  file: string,
  entries: readonly Entry[],
  { data, size }: { readonly data: number; readonly size: number }
): void {
  let expected = 0
  for (const { name, begin, end } of entries) {
    if (begin !== expected)
      throw unreadable(
        file,
        `“${name}” begins at byte ${begin} of the data, and the tensor before it ends at ${expected}`
      )
    expected = end
  }
  if (data + expected > size)
    throw unreadable(
      file,
      `its tensors need ${data + expected} bytes and the file has ${size}; it is truncated`
    )
  if (data + expected < size)
    throw unreadable(file, `its tensors end at byte ${data + expected} and the file has ${size}`)
}
