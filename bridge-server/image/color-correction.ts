import { bytesOfLab, colourOfLab } from './byte-lab.ts'
import type { Rgba } from './pixels.ts'

/**
 * The web UI's “color correction”: each channel of L*a*b* gets the histogram that `target`, of any size, has, and the picture then
 * its own luminosity again. As OpenCV (8 bits a channel), scikit-image's `match_histograms` and the blend mode Luminosity (W3C
 * Compositing and Blending Level 1, 10.2) do it. Opacity stays.
 */
export function correctColors(made: Rgba, target: Rgba): Rgba {
  const [from, to] = [bytesOfLab(made.data), bytesOfLab(target.data)]
  const table = (channel: number): Uint8Array => matchingTable(from, to, channel)
  const [lightness, a, b] = [table(0), table(1), table(2)] as const
  const data = Uint8ClampedArray.from(made.data)
  for (let i = 0, at = 0; i < data.length; i += 4, at += 3) {
    const matched = colourOfLab(lightness[from[at]!]!, a[from[at + 1]!]!, b[from[at + 2]!]!)
    const own = luminosity(data[i]! / 255, data[i + 1]! / 255, data[i + 2]! / 255)
    data.set(withLuminosity([matched[0] / 255, matched[1] / 255, matched[2] / 255], own).map(toByte), i)
  }
  return { ...made, data }
}

/** What each level of a channel becomes, so that as many pixels lie below it as below its place in the other histogram. */
function matchingTable(from: Uint8ClampedArray, to: Uint8ClampedArray, channel: number): Uint8Array {
  const [source, target] = [shares(from, channel), shares(to, channel)]
  const known = Array.from(target.keys()).filter((level) => target[level]! > (target[level - 1] ?? 0))
  return Uint8Array.from(source, (share) => interpolated(share, known, target))
}

/** Share of the pixels at or below each level. */
function shares(lab: Uint8ClampedArray, channel: number): Float64Array {
  const counts = new Float64Array(256)
  for (let at = channel; at < lab.length; at += 3) counts[lab[at]!]!++
  let sum = 0
  return counts.map((count) => (sum += count) / (lab.length / 3))
}

/** The level at which `target` has a share, between those that occur; below the first it is the first. */
function interpolated(share: number, known: readonly number[], target: Float64Array): number {
  const at = known.findIndex((level) => target[level]! >= share)
  const above = known[at < 0 ? known.length - 1 : at] ?? 0
  const below = known[at - 1]
  if (below === undefined || target[above] === share) return above
  const [low, high] = [target[below]!, target[above]!]
  return below + ((share - low) / (high - low)) * (above - below)
}

const luminosity = (red: number, green: number, blue: number): number =>
  0.299 * red + 0.587 * green + 0.114 * blue

type Colour = readonly [red: number, green: number, blue: number]

/** A colour moved to a luminosity, and towards grey where it would leave 0…1. */
function withLuminosity(colour: Colour, wanted: number): Colour {
  const shift = wanted - luminosity(...colour)
  const moved = colour.map((value) => value + shift)
  const [least, most] = [Math.min(...moved), Math.max(...moved)]
  const inside = (value: number): number => {
    const raised = least < 0 ? wanted + ((value - wanted) * wanted) / (wanted - least) : value
    return most > 1 ? wanted + ((raised - wanted) * (1 - wanted)) / (most - wanted) : raised
  }
  const [red = 0, green = 0, blue = 0] = moved.map(inside)
  return [red, green, blue]
}

/** Fractions are cut off; what is a level but for a rounding error stays it. */
const toByte = (value: number): number => Math.floor(Math.min(Math.max(value, 0), 1) * 255 + 1e-9)
