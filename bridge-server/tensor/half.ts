import { roundedToEven } from './rounding.ts'

/** A format of few bits as bit widths: sign, exponent, mantissa. */
interface Format {
  readonly exponentBits: number
  readonly mantissaBits: number
  /** e4m3fn has no infinities: all ones is the only NaN and the exponent is used to its end. */
  readonly finiteOnly?: true
}

const F16: Format = { exponentBits: 5, mantissaBits: 10 }
const BF16: Format = { exponentBits: 8, mantissaBits: 7 }
const F8_E4M3FN: Format = { exponentBits: 4, mantissaBits: 3, finiteOnly: true }
const F8_E5M2: Format = { exponentBits: 5, mantissaBits: 2 }

/** float16 of IEEE 754 to float32. */
export const f16ToF32 = widening(F16, 1 << 16)

/** bfloat16 to float32: the upper half of the same bits. */
export function bf16ToF32(bits: Uint16Array): Float32Array {
  const words = Uint32Array.from(bits, (value) => value << 16)
  return new Float32Array(words.buffer)
}

/** 8-bit floats of Micikevicius et al. 2022 (arXiv:2209.05433): e4m3fn, torch's `float8_e4m3fn`. */
export const f8e4m3ToF32 = widening(F8_E4M3FN, 1 << 8)

/** The same paper's e5m2, torch's `float8_e5m2`. */
export const f8e5m2ToF32 = widening(F8_E5M2, 1 << 8)

/** float32 to float16, ties to even; what is too large becomes infinite. */
export const f32ToF16 = (values: Float32Array): Uint16Array =>
  Uint16Array.from(values, (v) => narrowed(v, F16))

/** float32 to bfloat16, ties to even. */
export const f32ToBf16 = (values: Float32Array): Uint16Array =>
  Uint16Array.from(values, (v) => narrowed(v, BF16))

/** A reader by table, made at its first use: there are at most 65536 values. */
function widening(format: Format, size: number): (bits: Uint8Array | Uint16Array) => Float32Array {
  let table: Float32Array | undefined
  return (bits) => {
    table ??= Float32Array.from({ length: size }, (_, code) => decoded(code, format))
    const values = new Float32Array(bits.length)
    for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]!]!
    return values
  }
}

function decoded(code: number, { exponentBits, mantissaBits, finiteOnly }: Format): number {
  const mantissa = code & ((1 << mantissaBits) - 1)
  const top = (1 << exponentBits) - 1
  const exponent = (code >> mantissaBits) & top
  const sign = code >> (exponentBits + mantissaBits) === 0 ? 1 : -1
  const bias = (1 << (exponentBits - 1)) - 1
  if (finiteOnly === true) {
    if (exponent === top && mantissa === (1 << mantissaBits) - 1) return NaN
  } else if (exponent === top) return mantissa === 0 ? sign * Infinity : NaN
  if (exponent === 0) return sign * mantissa * 2 ** (1 - bias - mantissaBits)
  return sign * (1 + mantissa / (1 << mantissaBits)) * 2 ** (exponent - bias)
}

/** The code of the nearest value; only for formats with infinities. */
function narrowed(value: number, { exponentBits, mantissaBits }: Format): number {
  const top = (1 << exponentBits) - 1
  const sign = value < 0 || Object.is(value, -0) ? 1 << (exponentBits + mantissaBits) : 0
  const infinity = top << mantissaBits
  if (Number.isNaN(value)) return infinity | (1 << (mantissaBits - 1))
  const magnitude = Math.abs(value)
  const bias = (1 << (exponentBits - 1)) - 1
  const exponent = Math.max(exponentOf(magnitude), 1 - bias)
  const quantum = 2 ** (exponent - mantissaBits)
  const steps = roundedToEven(magnitude / quantum)
  // Rounding up to the next power of two carries into the exponent by itself.
  const code = ((exponent + bias - 1) << mantissaBits) + steps
  return sign | Math.min(code, infinity)
}

/** ⌊log₂⌋ of a float32 magnitude, read from its bits. */
function exponentOf(magnitude: number): number {
  scratch.setFloat32(0, magnitude)
  return (scratch.getUint16(0) >> 7) - 127
}

const scratch = new DataView(new ArrayBuffer(4))
