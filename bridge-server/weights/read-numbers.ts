import { assert } from '../errors.ts'
import type { Dtype, Weight } from '../graph/weight.ts'
import { openForReading, readExactly } from './safetensors.ts'
import { dtypeBytes } from './tensor-table.ts'

/** Bits of exponent and mantissa. */
const layouts: Readonly<Partial<Record<Dtype, readonly [number, number]>>> = {
  f16: [5, 10],
  bf16: [8, 7],
  f8e4m3: [4, 3],
  f8e5m2: [5, 2]
}

/** The numbers of a weight, read from its file: meant for small ones. */
export async function readNumbers(weight: Weight): Promise<Float64Array> {
  const handle = await openForReading(weight.file)
  try {
    return decodeNumbers(await readExactly(handle, weight.offset, weight.length), weight.dtype)
  } finally {
    await handle.close()
  }
}

/** The one number of each weight; each file is opened once. */
export async function readScalars(weights: readonly Weight[]): Promise<ReadonlyMap<Weight, number>> {
  const numbers = new Map<Weight, number>()
  for (const file of new Set(weights.map((weight) => weight.file))) {
    const handle = await openForReading(file)
    try {
      for (const weight of weights)
        if (weight.file === file) {
          const bytes = await readExactly(handle, weight.offset, weight.length)
          numbers.set(weight, decodeNumbers(bytes, weight.dtype)[0] ?? 0)
        }
    } finally {
      await handle.close()
    }
  }
  return numbers
}

function decodeNumbers(bytes: Buffer, dtype: Dtype): Float64Array {
  if (dtype === 'i64') return Float64Array.of(Number(bytes.readBigInt64LE()))
  const size = dtypeBytes[dtype]
  const layout = layouts[dtype]
  assert(layout !== undefined || dtype === 'f32', `Floats only, got ${dtype}`)
  const numbers = new Float64Array(bytes.length / size)
  for (let i = 0; i < numbers.length; i++)
    numbers[i] =
      layout === undefined
        ? bytes.readFloatLE(4 * i)
        : smallFloat(bytes.readUIntLE(size * i, size), ...layout)
  return numbers
}

/** IEEE 754's rules for a float of few bits; infinities and NaN do not occur in weights and come out as large numbers. */
function smallFloat(bits: number, exponentBits: number, mantissaBits: number): number {
  const sign = bits >> (exponentBits + mantissaBits) === 0 ? 1 : -1
  const exponent = (bits >> mantissaBits) & (2 ** exponentBits - 1)
  const mantissa = (bits & (2 ** mantissaBits - 1)) / 2 ** mantissaBits
  const bias = 2 ** (exponentBits - 1) - 1
  return exponent === 0 ? sign * mantissa * 2 ** (1 - bias) : sign * (1 + mantissa) * 2 ** (exponent - bias)
}
