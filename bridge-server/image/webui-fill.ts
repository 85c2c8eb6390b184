import { pillowBlur } from './blur.ts'
import type { Gray, Rgba } from './pixels.ts'

/** Deviations of the blurs, widest first, and how often each is laid over the one before. */
const layers = [
  [256, 1],
  [64, 1],
  [16, 2],
  [4, 4],
  [2, 2],
  [0, 1]
] as const

/**
 * The web UI's masked content “fill”: what is masked becomes transparent, and what is left of the picture is laid over itself,
 * ever less blurred, so that colours run into the hole. In Pillow's arithmetic: premultiplied blurs, 8-bit composition. `picture` is opaque.
 */
export function webuiFill(picture: Rgba, mask: Gray): Rgba {
  const { width, height } = picture
  const planes = premultipliedPlanes(picture, mask)
  const out = new Uint8ClampedArray(4 * width * height)
  for (const [deviation, times] of layers) {
    const blurred = planes.map((data) =>
      deviation === 0 ? data : pillowBlur({ width, height, data }, deviation).data
    )
    for (let i = 0; i < times; i++) layOver(out, blurred)
  }
  for (let i = 3; i < out.length; i += 4) out[i] = 255
  return { width, height, data: out }
}

/** Red, green, blue and alpha, each scaled by what is not masked. */
function premultipliedPlanes({ data }: Rgba, mask: Gray): readonly Uint8Array[] {
  return [0, 1, 2, 3].map((channel) =>
    mask.data.map((masked, i) => divided255(data[4 * i + channel]! * (255 - masked) + 128))
  )
}

const divided255 = (value: number): number => (value + (value >> 8)) >> 8

/** Fractional bits of Pillow's weights (AlphaComposite.c). */
const BITS = 7

function layOver(backdrop: Uint8ClampedArray, [red, green, blue, alpha]: readonly Uint8Array[]): void {
  const colours = [red!, green!, blue!]
  for (let i = 0; i < alpha!.length; i++) {
    const a = alpha![i]!
    if (a === 0) continue
    const whole = a * 255 + backdrop[4 * i + 3]! * (255 - a)
    const over = Math.trunc((a * 255 * 255 * 2 ** BITS) / whole)
    const under = 255 * 2 ** BITS - over
    for (let c = 0; c < 3; c++) {
      const colour = Math.min(255, Math.trunc((255 * colours[c]![i]!) / a))
      const sum = colour * over + backdrop[4 * i + c]! * under + (128 << BITS)
      backdrop[4 * i + c] = divided255(sum) >> BITS
    }
    backdrop[4 * i + 3] = divided255(whole + 128)
  }
}
