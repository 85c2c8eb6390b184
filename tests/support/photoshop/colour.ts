/** Colour management as far as the tests need it: matrix profiles, relative colorimetric, no black point compensation. */
interface Profile {
  readonly space: 'RGB' | 'Grayscale'
  readonly decode: (value: number) => number
  readonly encode: (light: number) => number
  /** Linear RGB to XYZ (D65), row by row. */
  readonly toXyz: readonly number[]
}

const gamma = (exponent: number) => ({
  decode: (value: number) => Math.max(0, value) ** exponent,
  encode: (light: number) => Math.max(0, light) ** (1 / exponent)
})
const srgb = {
  decode: (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4),
  encode: (l: number) => (l <= 0.0031308 ? l * 12.92 : 1.055 * l ** (1 / 2.4) - 0.055)
}
const srgbXyz = [
  0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.072175, 0.0193339, 0.119192, 0.9503041
]
const adobeXyz = [
  0.5767309, 0.185554, 0.1881852, 0.2973769, 0.6273491, 0.0752741, 0.0270343, 0.0706872, 0.9911085
]

// D65, as the others; the white of ProPhoto RGB itself is D50.
const p3Xyz = [0.4865709, 0.2656677, 0.1982173, 0.2289746, 0.6917385, 0.0792869, 0, 0.0451134, 1.0439444]
const proPhotoXyz = [0.7977605, 0.1351858, 0.0313493, 0.2880711, 0.7118432, 0.0000857, 0, 0, 0.8251046]
/** Bradford, from D50 to D65. */
const toD65 = [
  0.9555766, -0.0230393, 0.0631636, -0.0282895, 1.0099416, 0.0210077, 0.0122982, -0.020483, 1.3299098
]

export const profiles: Readonly<Record<string, Profile>> = {
  'sRGB IEC61966-2.1': { space: 'RGB', ...srgb, toXyz: srgbXyz },
  'Adobe RGB (1998)': { space: 'RGB', ...gamma(2.19921875), toXyz: adobeXyz },
  'Display P3': { space: 'RGB', ...srgb, toXyz: p3Xyz },
  'ProPhoto RGB': { space: 'RGB', ...gamma(1.8), toXyz: multiply(toD65, proPhotoXyz) },
  'Gray Gamma 2.2': { space: 'Grayscale', ...gamma(2.2), toXyz: srgbXyz },
  'Dot Gain 20%': { space: 'Grayscale', ...gamma(1.75), toXyz: srgbXyz }
}

/** Converts a colour of 0…1 from one profile to another. */
export type Convert = (colour: readonly number[]) => readonly number[]

/** Null where there is nothing to convert. */
export function converter(from: string, to: string): Convert | null {
  if (from === to) return null
  const [a, b] = [profiles[from], profiles[to]]
  if (a === undefined || b === undefined)
    throw new Error(`Photoshop has no profile ${a === undefined ? from : to}`)
  if (a.space !== b.space) throw new Error(`${from} and ${to} are profiles of different spaces`)
  const clamp = (value: number): number => Math.min(1, Math.max(0, value))
  if (a.space === 'Grayscale') return ([grey]) => [clamp(b.encode(a.decode(grey!)))]
  const matrix = multiply(inverse(b.toXyz), a.toXyz)
  return (colour) => {
    const light = colour.map((value) => a.decode(value))
    return [0, 3, 6].map((row) =>
      clamp(b.encode(matrix[row]! * light[0]! + matrix[row + 1]! * light[1]! + matrix[row + 2]! * light[2]!))
    )
  }
}

function multiply(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: 9 }, (_, at) => {
    const [row, column] = [Math.floor(at / 3) * 3, at % 3]
    return a[row]! * b[column]! + a[row + 1]! * b[column + 3]! + a[row + 2]! * b[column + 6]!
  })
}

function inverse(m: readonly number[]): number[] {
  const [a, b, c, d, e, f, g, h, i] = m as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number
  ]
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
  return [
    ...[e * i - f * h, c * h - b * i, b * f - c * e],
    ...[f * g - d * i, a * i - c * g, c * d - a * f],
    ...[d * h - e * g, b * g - a * h, a * e - b * d]
  ].map((cofactor) => cofactor / determinant)
}
