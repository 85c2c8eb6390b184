import { sampledBicubic } from '../image/depth-map.ts'
import type { Rgba, Tensor } from '../image/pixels.ts'
import type { Size } from '../protocol/geometry.ts'
import { createMersenneTwister, type RandomBits } from '../tensor/mersenne-twister.ts'
import { zeros } from '../tensor/tensor.ts'
import type { PlainAnnotator } from './annotator.ts'

/**
 * The picture's colours and forms at other places, as if it were stirred: each pixel is taken from where smooth noise points
 * (ControlNet's ContentShuffleDetector). `swirl`: pixels from one random number to the next. A seed is numpy's.
 */
export function shuffled(picture: Rgba, swirl: number, seed: number): Rgba {
  const { width, height, data } = picture
  const random = createMersenneTwister(seed)
  const across = smoothNoise(picture, swirl, random)
  const down = smoothNoise(picture, swirl, random)
  const out = new Uint8ClampedArray(data.length)
  for (let i = 0; i < across.length; i++) {
    const [x, y] = [across[i]! * (width - 1), down[i]! * (height - 1)]
    const [left, top] = [Math.floor(x), Math.floor(y)]
    const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)]
    const [s, t] = [x - left, y - top]
    const at = (u: number, v: number, c: number): number => data[4 * (v * width + u) + c]!
    for (let c = 0; c < 4; c++)
      out[4 * i + c] =
        (1 - t) * ((1 - s) * at(left, top, c) + s * at(right, top, c)) +
        t * ((1 - s) * at(left, bottom, c) + s * at(right, bottom, c))
  }
  return { width, height, data: out }
}

/** From 0 to 1, bicubic between random numbers. */
function smoothNoise({ width, height }: Size, swirl: number, random: RandomBits): Float32Array {
  const coarse: Tensor = zeros([1, 1, Math.floor(height / swirl) + 2, Math.floor(width / swirl) + 2])
  for (let i = 0; i < coarse.data.length; i++) coarse.data[i] = uniform(random)
  const large = sampledBicubic(coarse, { width: width + 2 * swirl, height: height + 2 * swirl })
  const out = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const from = (y + swirl) * (width + 2 * swirl) + swirl
    out.set(large.data.subarray(from, from + width), y * width)
  }
  const low = out.reduce((least, value) => Math.min(least, value), Infinity)
  const span = out.reduce((most, value) => Math.max(most, value), -Infinity) - low
  return out.map((value) => (span === 0 ? 0 : (value - low) / span))
}

/** numpy's RandomState.random_sample: 53 random bits as a number from 0 to below 1. */
const uniform = (random: RandomBits): number => ((random() >>> 5) * 2 ** 26 + (random() >>> 6)) / 2 ** 53

export const shuffle: PlainAnnotator = {
  card: {
    id: 'shuffle',
    label: 'Shuffle',
    about: 'The picture’s colours and forms, stirred: its look without its content.',
    parameters: [
      { id: 'swirl', label: 'Size of swirls', min: 64, max: 512, step: 16, default: 256, unit: 'px' },
      { id: 'seed', label: 'Seed', min: 0, max: 1000, step: 1, default: 0, unit: '' }
    ],
    suits: ['shuffle'],
    format: 'rgba8'
  },
  needs: null,
  annotate: (picture, { swirl = 256, seed = 0 }) => shuffled(picture, swirl, seed)
}
