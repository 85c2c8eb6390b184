/**
 * L*a*b* in bytes (L of 0…100 as 0…255, a and b with 128 added) of sRGB, and back: the whole numbers that OpenCV's `cvtColor` computes
 * with for 8-bit pictures (modules/imgproc/src/color_lab.cpp), so that histograms of them are its histograms too.
 */

/** Fractional bits of coefficients, linear light, cube roots, and of the way back. */
const SHIFT = 12
const LIGHT = 3
const ROOT = SHIFT + LIGHT
const BASE = 1 << 14

const white = [0.950456, 1, 1.088754] as const
const toXyz = [
  [0.412453, 0.35758, 0.180423],
  [0.212671, 0.71516, 0.072169],
  [0.019334, 0.119193, 0.950227]
] as const
const fromXyz = [
  [3.240479, -1.53715, -0.498535],
  [-0.969256, 1.875991, 0.041556],
  [0.055648, -0.204043, 1.057311]
] as const

const fixed = (value: number): number => Math.round(value * (1 << SHIFT))
const toWhite = toXyz.map((row, i) => row.map((value) => fixed(value / white[i]!)))
const fromWhite = fromXyz.map((row) => row.map((value, i) => fixed(value * white[i]!)))

const linear = Int32Array.from({ length: 256 }, (_, code) => {
  const value = code / 255
  return Math.round(
    255 * (1 << LIGHT) * (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  )
})
const root = Int32Array.from({ length: 384 << LIGHT }, (_, light) => {
  const value = light / (255 << LIGHT)
  return Math.round((1 << ROOT) * (value < 0.008856 ? 7.787 * value + 16 / 116 : Math.cbrt(value)))
})

const rounded = (value: number, bits: number): number => (value + (1 << (bits - 1))) >> bits

const LIGHTNESS = Math.floor((116 * 255 + 50) / 100)
const DARKEST = Math.floor((16 * 255 * (1 << ROOT) + 50) / 100)
const MIDDLE = 128 << ROOT

/** Three bytes for each pixel of four. */
export function bytesOfLab(rgba: Uint8ClampedArray): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray((rgba.length / 4) * 3)
  for (let i = 0, at = 0; i < rgba.length; i += 4, at += 3) {
    const [red, green, blue] = [linear[rgba[i]!]!, linear[rgba[i + 1]!]!, linear[rgba[i + 2]!]!]
    const [x = 0, y = 0, z = 0] = toWhite.map(
      ([r = 0, g = 0, b = 0]) => root[rounded(r * red + g * green + b * blue, SHIFT)]!
    )
    out[at] = rounded(LIGHTNESS * y - DARKEST, ROOT)
    out[at + 1] = rounded(500 * (x - y) + MIDDLE, ROOT)
    out[at + 2] = rounded(200 * (y - z) + MIDDLE, ROOT)
  }
  return out
}

/** By a byte of L: the cube root of Y, and Y. */
const rootOfY = Int32Array.from({ length: 256 }, (_, byte) => Math.round(BASE * rootOf((byte * 100) / 255)))
const lightOfY = Int32Array.from({ length: 256 }, (_, byte) => {
  const lightness = (byte * 100) / 255
  return Math.round(BASE * (lightness <= 8 ? lightness / 903.3 : rootOf(lightness) ** 3))
})

function rootOf(lightness: number): number {
  return lightness <= 8 ? (7.787 * lightness) / 903.3 + 16 / 116 : (lightness + 16) / 116
}

/** The inverse of the cube root, from its least value on. */
const LEAST = -8145
const light = Int32Array.from({ length: (BASE * 9) / 4 }, (_, i) => {
  const value = i + LEAST
  return value <= BASE * (6 / 29)
    ? Math.trunc((value * 108) / 841) - 290
    : Math.floor((Math.floor((value * value) / BASE) * value) / BASE)
})
const encoded = Uint8Array.from({ length: 1 << SHIFT }, (_, level) => {
  const value = level / (1 << SHIFT)
  return Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055))
})

/** Levels of red, green and blue for three bytes. */
export function colourOfLab(lightness: number, a: number, b: number): readonly [number, number, number] {
  const y = rootOfY[lightness]!
  const towardsX = ((5 * a * 53687 + 128) >> 13) - Math.floor((128 * BASE) / 500)
  const towardsZ = ((b * 41943 + 16) >> 9) - Math.floor((128 * BASE) / 200) + 1
  const xyz = [light[y + towardsX - LEAST]!, lightOfY[lightness]!, light[y - towardsZ - LEAST]!] as const
  const level = (row: number): number => {
    const [x = 0, own = 0, z = 0] = fromWhite[row]!
    const sum = rounded(x * xyz[0] + own * xyz[1] + z * xyz[2], 14)
    return encoded[Math.min(Math.max(sum, 0), encoded.length - 1)]!
  }
  return [level(0), level(1), level(2)]
}
