import { describe, expect, it } from 'vitest'
import {
  bf16ToF32,
  f16ToF32,
  f32ToBf16,
  f32ToF16,
  f8e4m3ToF32,
  f8e5m2ToF32
} from '../../../bridge-server/tensor/half.ts'

const codes16 = Uint16Array.from({ length: 1 << 16 }, (_, code) => code)
const codes8 = Uint8Array.from({ length: 1 << 8 }, (_, code) => code)
const f16 = (value: number): number => f32ToF16(Float32Array.of(value))[0]!
const bf16 = (value: number): number => f32ToBf16(Float32Array.of(value))[0]!

describe.each([
  { name: 'float16', widen: f16ToF32, narrow: f32ToF16, mantissa: 0x03ff, exponent: 0x7c00 },
  { name: 'bfloat16', widen: bf16ToF32, narrow: f32ToBf16, mantissa: 0x007f, exponent: 0x7f80 }
])('$name', ({ widen, narrow, mantissa, exponent }) => {
  const isNan = (code: number): boolean => (code & exponent) === exponent && (code & mantissa) !== 0

  it('comes back bit for bit from float32, all 65536 codes', () => {
    const back = narrow(widen(codes16))
    codes16.forEach((code, i) => {
      if (isNan(code)) expect(isNan(back[i]!)).toBe(true)
      else if (back[i] !== code) expect(back[i]).toBe(code)
    })
  })

  it('rounds to the nearest, ties to even', () => {
    const values = widen(codes16)
    for (let code = 0; code + 1 < exponent; code += 7) {
      const [low, high] = [values[code]!, values[code + 1]!]
      const middle = Math.fround((low + high) / 2)
      const even = code % 2 === 0 ? code : code + 1
      const quarter = Math.fround(low + (high - low) / 4)
      const nearest = [...narrow(Float32Array.of(middle, quarter, -middle))]
      const sign = 0x8000
      if (nearest.join() !== [even, code, even | sign].join())
        expect(nearest).toEqual([even, code, even | sign])
    }
  })
})

describe('float16', () => {
  it.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [Infinity, 0x7c00],
    [-0, 0x8000],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -14, 0x0400],
    [1e-30, 0x0000]
  ])('%d is %i', (value, code) => {
    expect(f16(value)).toBe(code)
  })
})

describe('bfloat16', () => {
  it.each([
    [1, 0x3f80],
    [3.3895313892515355e38, 0x7f7f],
    [3.4028234663852886e38, 0x7f80],
    [2 ** -133, 0x0001]
  ])('%d is %i', (value, code) => {
    expect(bf16(value)).toBe(code)
  })
})

describe('8-bit floats', () => {
  it('e4m3fn reaches 448, has no infinity and one NaN of each sign', () => {
    const values = [...f8e4m3ToF32(codes8)]
    const finite = values.filter((value) => !Number.isNaN(value))
    expect(finite.length).toBe(254)
    expect(Math.max(...finite)).toBe(448)
    expect(values[0x01]).toBe(2 ** -9)
    expect(values[0x38]).toBe(1)
    expect(values[0xb8]).toBe(-1)
  })

  it('e5m2 is the upper half of float16', () => {
    const upper = f16ToF32(Uint16Array.from(codes8, (code) => code << 8))
    expect(f8e5m2ToF32(codes8)).toEqual(upper)
  })
})
