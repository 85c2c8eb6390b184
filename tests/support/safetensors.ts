import { readFileSync } from 'node:fs'

interface Entry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

export interface Array64 {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

/** The arrays of a small safetensors file, widened to double; independent of the reader under test. */
export function readArrays(file: string): ReadonlyMap<string, Array64> {
  const bytes = readFileSync(file)
  const start = 8 + Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, Entry>
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(
        ([
          name,
          {
            dtype,
            shape,
            data_offsets: [from, to]
          }
        ]) => {
          const size = { F32: 4, F64: 8, I64: 8 }[dtype]
          if (size === undefined) throw new Error(`${name} is ${dtype}, not F32, F64 or I64`)
          const data = Float64Array.from({ length: (to - from) / size }, (_, i) => {
            const at = start + from + i * size
            if (dtype === 'I64') return Number(bytes.readBigInt64LE(at))
            return size === 8 ? bytes.readDoubleLE(at) : bytes.readFloatLE(at)
          })
          return [name, { shape, data }] as const
        }
      )
  )
}
