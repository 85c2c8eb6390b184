/** CIE L*a*b* of sRGB under D65, and back; L is 0…100. IEC 61966-2-1 and CIE 15. */
export type Triple = [number, number, number]

const WHITE_X = 0.95047
const WHITE_Z = 1.08883
const EPSILON = (6 / 29) ** 3
const SLOPE = (29 / 6) ** 2 / 3

const linear = Float64Array.from({ length: 256 }, (_, code) => {
  const value = code / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
})

const f = (t: number): number => (t > EPSILON ? Math.cbrt(t) : SLOPE * t + 4 / 29)
const inverse = (t: number): number => (t > 6 / 29 ? t ** 3 : (t - 4 / 29) / SLOPE)

/** From 8-bit codes. */
export function toLab(r8: number, g8: number, b8: number): Triple {
  const [r, g, b] = [linear[r8]!, linear[g8]!, linear[b8]!]
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE_X)
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b)
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / WHITE_Z)
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

/** To 8-bit codes, neither rounded nor clamped. */
export function fromLab(lightness: number, a: number, b: number): Triple {
  const fy = (lightness + 16) / 116
  const x = WHITE_X * inverse(fy + a / 500)
  const y = inverse(fy)
  const z = WHITE_Z * inverse(fy - b / 200)
  return [
    encoded(3.2404542 * x - 1.5371385 * y - 0.4985314 * z),
    encoded(-0.969266 * x + 1.8760108 * y + 0.041556 * z),
    encoded(0.0556434 * x - 0.2040259 * y + 1.0572252 * z)
  ]
}

const encoded = (value: number): number =>
  255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)
