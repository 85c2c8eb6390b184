import type { FileHandle } from 'node:fs/promises'
import type { Dtype } from '../graph/weight.ts'

const names: Readonly<Record<Dtype, string>> = {
  f32: 'F32',
  f16: 'F16',
  bf16: 'BF16',
  f8e4m3: 'F8_E4M3',
  f8e5m2: 'F8_E5M2',
  i64: 'I64',
  i32: 'I32',
  u8: 'U8'
}

export interface TensorToWrite {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly length: number
  /** Exactly `length` bytes, row-major, little-endian; asked for once, in order. */
  readonly read: () => Promise<Buffer>
}

/** Writes a safetensors file, one tensor in memory at a time. */
export async function writeSafetensors(handle: FileHandle, tensors: readonly TensorToWrite[]): Promise<void> {
  let offset = 0
  const entries = tensors.map(({ name, dtype, shape, length }) => {
    offset += length
    return [name, { dtype: names[dtype], shape, data_offsets: [offset - length, offset] }] as const
  })
  const json = JSON.stringify(Object.fromEntries(entries))
  // Padded so that the data begin at a multiple of 8, as the reference does.
  const header = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8), ' '))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  await handle.writeFile(Buffer.concat([length, header]))
  for (const tensor of tensors) await handle.appendFile(await tensor.read())
}
