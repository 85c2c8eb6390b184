import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder of its own for the running test, removed when it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The bytes of a safetensors file with this header before `dataBytes` zeros. */
export function safetensorsWithHeader(header: string, dataBytes: number): Buffer {
  const text = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, Buffer.alloc(dataBytes)])
}

const bytes: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2, U8: 1, I64: 8, F64: 8 }

/** A safetensors file of zeros: shapes by name, all of one dtype. */
export function safetensorsOf(
  shapes: Readonly<Record<string, readonly number[]>>,
  { dtype = 'F16', metadata = {} }: { dtype?: string; metadata?: Readonly<Record<string, string>> } = {}
): Buffer {
  let end = 0
  const header: Record<string, unknown> = { __metadata__: metadata }
  for (const [name, shape] of Object.entries(shapes)) {
    const begin = end
    end += shape.reduce((product, dim) => product * dim, bytes[dtype]!)
    header[name] = { dtype, shape, data_offsets: [begin, end] }
  }
  return safetensorsWithHeader(JSON.stringify(header), end)
}
