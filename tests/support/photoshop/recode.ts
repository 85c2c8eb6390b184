import type { Rect } from '../../../bridge-server/protocol/geometry.ts'
import { converter, type Convert } from './colour.ts'
import { depthOf, full, samplesOf, type Plane, type Samples } from './document-state.ts'
import type { Held } from './image-data.ts'
import { channelsOf, type SimDocument } from './world.ts'

export const inDepth = (samples: Samples, depth: number | undefined): Samples =>
  depth === 8 && samples instanceof Uint16Array
    ? Uint8Array.from(samples, (value) => Math.round((value * 255) / 32768))
    : samples

/** RGB as grey and alpha, by its brightness; anything else as it is. */
export function greyed(held: Held): Held {
  const { samples, components, width, height } = held
  if (held.colorSpace !== 'RGB') return held
  const grey = samplesOf(width * height * 2, depthOf(samples))
  for (let pixel = 0, at = 0; pixel < width * height; pixel++, at += components) {
    grey[pixel * 2] = Math.round(0.3 * samples[at]! + 0.59 * samples[at + 1]! + 0.11 * samples[at + 2]!)
    grey[pixel * 2 + 1] = components === 4 ? samples[at + 3]! : full[depthOf(samples)]!
  }
  return { ...held, samples: grey, components: 2, colorSpace: 'Grayscale', colorProfile: '' }
}

/** From the document's numbers to those of a profile; colour under nothing is anything. */
export function converted(
  document: SimDocument,
  samples: Samples,
  {
    channels,
    components,
    to,
    rounding
  }: { channels: number; components: number; to: string; rounding: () => number }
): Samples {
  const all = channels + 1
  const out = recoded(
    samples,
    { channels, from: all, to: components },
    document.depth,
    conversion(document, document.profile, to),
    rounding
  )
  for (let pixel = 0; pixel < samples.length / all; pixel++)
    if (samples[pixel * all + channels] === 0)
      for (let channel = 0; channel < channels; channel++)
        out[pixel * components + channel] = Math.random() * full[document.depth]!
  return out
}

/** Pixels of `from` components as pixels of `to`, their colours converted; alpha is full where there was none. */
function recoded(
  samples: Samples,
  { channels, from, to }: { channels: number; from: number; to: number },
  depth: number,
  convert: Convert | null,
  rounding = () => 0.5
): Samples {
  if (convert === null && from === to) return samples.slice()
  const pixels = samples.length / from
  const out = samplesOf(pixels * to, depth)
  const top = full[depth]!
  for (let pixel = 0; pixel < pixels; pixel++) {
    if (convert === null)
      for (let channel = 0; channel < channels; channel++)
        out[pixel * to + channel] = samples[pixel * from + channel]!
    else {
      const colour = convert(
        Array.from({ length: channels }, (_, channel) => samples[pixel * from + channel]! / top)
      )
      for (let channel = 0; channel < channels; channel++)
        out[pixel * to + channel] = Math.min(top, Math.floor(colour[channel]! * top + rounding()))
    }
    if (to > channels) out[pixel * to + channels] = from > channels ? samples[pixel * from + channels]! : top
  }
  return out
}

function conversion(document: SimDocument, from: string, to: string): Convert | null {
  const working = document.mode === 'grayscaleMode' ? 'Dot Gain 20%' : 'sRGB IEC61966-2.1'
  return converter(
    from === '' ? (to === '' ? '' : working) : from,
    to === '' ? (from === '' ? '' : working) : to
  )
}

/** An image in the document's own numbers, with alpha. */
export function placed(document: SimDocument, held: Held, area: Rect): Plane {
  const channels = channelsOf(document)
  const given = held.colorProfile === '' ? document.profile : held.colorProfile
  const convert = conversion(document, given, document.profile)
  const form = { channels, from: held.components, to: channels + 1 }
  return { area, components: channels + 1, data: recoded(held.samples, form, document.depth, convert) }
}
