import { describe, expect, it } from 'vitest'
import { converter } from '../../../support/photoshop/colour.ts'
import type { Knobs } from '../../../support/photoshop/knobs.ts'
import type { Opened } from '../../../support/photoshop/simulator.ts'
import {
  banded,
  greatestDifference,
  layer,
  opened,
  pictureOf,
  readWhole,
  size,
  softMask,
  whole,
  type PhotoshopCase
} from './photoshop-case.ts'

describe('reading and placing in every form that is supported', () => {
  const depths = [8, 16] as const
  const rgb = ['sRGB IEC61966-2.1', 'Display P3', 'Adobe RGB (1998)', 'ProPhoto RGB', '']
  const grey = ['Gray Gamma 2.2', 'Dot Gain 20%']
  const forms: readonly Opened[] = [
    ...rgb.map((profile) => ({ profile })),
    ...grey.map((profile) => ({ profile, mode: 'grayscaleMode' }))
  ].flatMap((form) => depths.map((depth) => ({ ...form, depth })))
  /** Every number of a channel, and the most saturated colours, which sRGB has not where the profile is wider. */
  const own = ({ depth = 8, mode }: Opened) => {
    const channels = mode === 'grayscaleMode' ? 2 : 4
    const top = depth === 8 ? 255 : 32768
    return Array.from({ length: 60 * 40 * channels }, (_, at) => {
      const [pixel, channel] = [Math.floor(at / channels), at % channels]
      if (channel === channels - 1) return top
      const isSaturated = pixel % 3 === 0
      return isSaturated
        ? ((pixel >> channel) & 1) === 0
          ? 0
          : top
        : (pixel * (channel + 1) * 131) % (top + 1)
    })
  }
  const openOwn = async (form: Opened, knobs: Partial<Knobs> = {}) => {
    const editor = await opened(form, knobs)
    editor.person.paint(own(form))
    return editor
  }
  const topmost = ({ person }: PhotoshopCase) => person.front().state.layers[0]!.pixels!.data
  const ground = ({ person }: PhotoshopCase) => person.front().state.layers.at(-1)!.pixels!.data

  for (const form of forms) {
    const { profile, depth } = form
    const name = `${depth} bits, ${profile === '' ? 'without a profile' : profile}`

    it(`${name}: what is read and placed again is the same, number for number`, async () => {
      const editor = await openOwn(form)
      const read = await readWhole(editor, whole(size))
      // The simulator sees in one step what is read in two: to sRGB in the document's depth, then to 8 bits.
      expect(greatestDifference(read, editor.person.see())).toBeLessThanOrEqual(depth === 8 ? 0 : 1)
      await editor.host.insertLayers(editor.id, [{ name: 'same', area: whole(size), pixels: banded(read) }])
      expect(topmost(editor)).toEqual(ground(editor))
    })

    it(`${name}: beside what was made anew, everything else is the same, number for number`, async () => {
      const editor = await openOwn(form)
      const read = await readWhole(editor, whole(size))
      const made = pictureOf(60, 40, 9)
      const isNew = (pixel: number) => pixel % 60 < 20
      for (let pixel = 0; pixel < 60 * 40; pixel++)
        if (isNew(pixel)) read.data.set(made.data.subarray(pixel * 4, pixel * 4 + 4), pixel * 4)
      await editor.host.insertLayers(editor.id, [{ name: 'new', area: whole(size), pixels: banded(read) }])
      const [top, below] = [topmost(editor), ground(editor)]
      const components = top.length / (60 * 40)
      const isKept = (_value: number, at: number) => !isNew(Math.floor(at / components))
      expect(top.filter(isKept)).toEqual(below.filter(isKept))
      const { layers } = editor.person.front().state
      expect(layers.map((layer) => layer.name)).toEqual(['new', 'Picture'])
      expect(editor.person.front().history.at(-1)?.name).toBe('Add “new”')
    })
  }

  it('where Photoshop dithers when it converts, what it gives otherwise the second time is three levels off at most', async () => {
    const editor = await opened({ profile: 'Adobe RGB (1998)' }, { dithers: true })
    const before = editor.person.see()
    const read = await readWhole(editor, whole(size))
    await editor.host.insertLayers(editor.id, [{ name: 'same', area: whole(size), pixels: banded(read) }])
    // In levels of sRGB: one by dither, and two by the steps of 8 bits of Adobe RGB, as below.
    expect(greatestDifference(editor.person.see(), before)).toBeLessThanOrEqual(3)
  })

  for (const form of forms)
    it(`what is made anew becomes the nearest number there is in ${form.depth} bits of ${form.profile || 'no profile'}`, async () => {
      const editor = await opened(form)
      const pixels = pictureOf(60, 40, 5)
      await editor.host.insertLayers(editor.id, [{ name: 'new', area: whole(size), pixels: banded(pixels) }])
      const isGrey = form.mode === 'grayscaleMode'
      const channels = isGrey ? 1 : 3
      const top = form.depth === 8 ? 255 : 32768
      const convert =
        form.profile === '' ? null : converter(isGrey ? 'Gray Gamma 2.2' : 'sRGB IEC61966-2.1', form.profile!)
      const placed = topmost(editor)
      let farthest = 0
      for (let pixel = 0; pixel < 60 * 40; pixel++) {
        const made = [...pixels.data.subarray(pixel * 4, pixel * 4 + 3)]
        if (isGrey) made.splice(0, 3, greyOf(made))
        const exact = made.map((value) => value / 255)
        const nearest = (convert?.(exact) ?? exact).map((value) => value * top)
        for (let channel = 0; channel < channels; channel++) {
          const off = Math.abs(placed[pixel * (channels + 1) + channel]! - nearest[channel]!)
          farthest = Math.max(farthest, off)
        }
      }
      // Half a step is what rounding takes; samples of 16 bits are rounded once before Photoshop converts, and once after.
      expect(farthest).toBeLessThanOrEqual(form.depth === 8 ? 0.5001 : 2)
    })

  // The nearest number may still show another colour: where a channel of sRGB is near 0, one step of a wider gamut is many of its own.
  const farthest: readonly (readonly [string, readonly number[], number])[] = [
    ['Display P3', [0, 240, 0], 8],
    ['Adobe RGB (1998)', [0, 237, 0], 12],
    ['ProPhoto RGB', [0, 222, 198], 20]
  ]
  for (const [profile, colour, levels] of farthest)
    it(`in 8 bits of ${profile}, the colour ${colour.join()} shows ${levels} levels off, and exactly in 16`, async () => {
      const pixels = pictureOf(60, 40)
      for (let at = 0; at < pixels.data.length; at += 4) pixels.data.set([...colour, 255], at)
      for (const depth of [8, 16] as const) {
        const editor = await opened({ profile, depth })
        await editor.host.insertLayers(editor.id, [
          { name: 'new', area: whole(size), pixels: banded(pixels) }
        ])
        expect(greatestDifference(editor.person.see(), pixels)).toBe(depth === 8 ? levels : 0)
      }
    })

  // What that comes to in a picture without extremes.
  const made: readonly (readonly [string, number, number])[] = [
    ['sRGB IEC61966-2.1', 8, 0],
    ['Display P3', 8, 3],
    ['Adobe RGB (1998)', 8, 2],
    ['ProPhoto RGB', 8, 6],
    ['Display P3', 16, 0],
    ['Adobe RGB (1998)', 16, 0],
    ['ProPhoto RGB', 16, 1]
  ]
  for (const [profile, depth, levels] of made)
    it(`what is made anew shows in ${depth} bits of ${profile} within ${levels} levels of what was made`, async () => {
      const editor = await opened({ profile, depth: depth === 8 ? 8 : 16 })
      const pixels = pictureOf(60, 40, 5)
      await editor.host.insertLayers(editor.id, [{ name: 'new', area: whole(size), pixels: banded(pixels) }])
      expect(greatestDifference(editor.person.see(), pixels)).toBeLessThanOrEqual(levels)
    })

  it('gives a colour layer in a Grayscale document the same luminance', async () => {
    const editor = await opened({ mode: 'grayscaleMode' })
    const pixels = pictureOf(60, 40)
    for (let at = 0; at < pixels.data.length; at += 4) pixels.data.set([255, 0, 0, 255], at)
    await editor.host.insertLayers(editor.id, [{ name: 'red', area: whole(size), pixels: banded(pixels) }])
    // 0.2126 of the light, as sRGB encodes it.
    expect((await readWhole(editor, whole(size))).data.subarray(0, 4)).toEqual(
      new Uint8ClampedArray([127, 127, 127, 255])
    )
  })

  it('16-bit documents get 16-bit layers and masks, white at 32768', async () => {
    const editor = await opened({ depth: 16 })
    const white = pictureOf(20, 16)
    const pixels = banded({ ...white, data: white.data.map(() => 255) })
    const mask = { ...softMask, data: softMask.data.map(() => 255) }
    await editor.host.insertLayers(editor.id, [{ ...layer, pixels, mask }])
    const [top] = editor.person.front().state.layers
    expect(top?.pixels?.data).toEqual(new Uint16Array(20 * 16 * 4).fill(32768))
    expect(top?.mask?.data[12 * 60 + 15]).toBe(32768)
  })
})

/** Grey of the same luminance as a colour of sRGB, in bytes. */
function greyOf(colour: readonly number[]): number {
  const light = colour
    .map((byte) => byte / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
  const sum = 0.2126 * light[0]! + 0.7152 * light[1]! + 0.0722 * light[2]!
  return Math.round((sum <= 0.0031308 ? sum * 12.92 : 1.055 * sum ** (1 / 2.4) - 0.055) * 255)
}
