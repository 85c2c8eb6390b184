import { describe, expect, it } from 'vitest'
import { CodedError } from '../../../../plugin/client/coded-error.ts'
import { joined } from '../../../../plugin/hosts/bands.ts'
import { converter } from '../../../support/photoshop/colour.ts'
import type { Knobs } from '../../../support/photoshop/knobs.ts'
import type { Opened } from '../../../support/photoshop/simulator.ts'
import {
  banded,
  greatestDifference,
  pictureOf,
  readWhole,
  startHost,
  whole,
  type PhotoshopCase
} from './photoshop-case.ts'

const size = { width: 60, height: 40 }
const picture = pictureOf(60, 40)
const area = { x: 10, y: 8, width: 20, height: 16 }
/** Soft, and zero in its corners. */
const softMask = {
  width: 20,
  height: 16,
  data: Uint8Array.from({ length: 320 }, (_, at) =>
    Math.max(0, 255 - 30 * Math.hypot((at % 20) - 10, Math.floor(at / 20) - 8))
  )
}
const layer = { name: 'a red car', area, pixels: banded(pictureOf(20, 16, 2)), mask: softMask }

const idOf = async ({ host }: PhotoshopCase): Promise<string> => (await host.document())!.id

async function opened(how: Opened = {}, knobs: Partial<Knobs> = {}): Promise<PhotoshopCase & { id: string }> {
  const editor = startHost(knobs)
  editor.person.open(picture, how)
  return { ...editor, id: await idOf(editor) }
}

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
      for (let at = 0; at < top.length; at++)
        if (!isNew(Math.floor(at / components))) expect(top[at]).toBe(below[at])
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
      for (let pixel = 0; pixel < 60 * 40; pixel++) {
        const made = [...pixels.data.subarray(pixel * 4, pixel * 4 + 3)]
        if (isGrey) made.splice(0, 3, greyOf(made))
        const exact = made.map((value) => value / 255)
        const nearest = (convert?.(exact) ?? exact).map((value) => value * top)
        // Half a step is what rounding takes; samples of 16 bits are rounded once before Photoshop converts, and once after.
        const steps = form.depth === 8 ? 0.5001 : 2
        for (let channel = 0; channel < channels; channel++)
          expect(Math.abs(placed[pixel * (channels + 1) + channel]! - nearest[channel]!)).toBeLessThanOrEqual(
            steps
          )
      }
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

describe('what cannot be worked on', () => {
  const refused: readonly (readonly [string, Opened, RegExp])[] = [
    ['CMYK', { mode: 'CMYKColorMode' }, /CMYK/],
    ['Lab', { mode: 'labColorMode' }, /Lab/],
    ['Indexed', { mode: 'indexedColorMode' }, /Indexed/],
    ['Multichannel', { mode: 'multichannelMode' }, /Multichannel/],
    ['32 bits', { depth: 32 }, /32 bits/]
  ]
  for (const [name, how, words] of refused)
    it(`${name} is refused with the way to convert it, before a pixel is asked for`, async () => {
      const { host, person, world } = startHost()
      const document = person.open(picture, how)
      for (const ask of [
        () => host.document(),
        () => host.flatten(whole(size)),
        () => host.emptyBounds(),
        () => host.insertLayers(`session-${document.id}`, [layer])
      ]) {
        const error: unknown = await ask().catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(CodedError)
        expect(error).toMatchObject({
          code: 'document-unsupported',
          message: expect.stringMatching(words) as string
        })
        expect((error as CodedError).hint).toMatch(/Image › Mode ›/)
      }
      expect(world.calls).toEqual([])
    })

  it('Quick Mask mode is refused, for it would overwrite the selection', async () => {
    const { host, person } = startHost()
    person.open(picture).quickMask = true
    await expect(host.document()).rejects.toThrow(/Quick Mask/)
  })
})

describe('selections', () => {
  const sides: Partial<Knobs>[] = [{}, { selectionTrim: false, deepMasks: false }]
  for (const knobs of sides)
    for (const depth of [8, 16] as const) {
      it(`soft ones keep their values at ${depth} bits, ${JSON.stringify(knobs)}`, async () => {
        const { host, person } = await opened({ depth }, knobs)
        person.selectSoftly(area, softMask.data)
        const selection = await host.selection()
        const { x, y } = selection!.bounds
        for (let row = 0; row < selection!.bounds.height; row++)
          for (let column = 0; column < selection!.bounds.width; column++)
            expect(selection!.mask.data[row * selection!.bounds.width + column]).toBe(
              softMask.data[(y + row - area.y) * 20 + x + column - area.x]
            )
      })
    }

  it('of a single pixel, of odd sizes, and of 3 × 2 pixels in a document of 4 × 4', async () => {
    const { host, person } = startHost()
    person.open(pictureOf(4, 4))
    for (const wanted of [
      { x: 1, y: 1, width: 3, height: 2 },
      { x: 3, y: 3, width: 1, height: 1 }
    ]) {
      person.select(wanted)
      expect(await host.selection()).toEqual({
        bounds: wanted,
        mask: {
          width: wanted.width,
          height: wanted.height,
          data: new Uint8Array(wanted.width * wanted.height).fill(255)
        }
      })
      expect((await readWhole({ host }, wanted)).data).toHaveLength(wanted.width * wanted.height * 4)
    }
  })

  it('that lie beyond the canvas select nothing in it', async () => {
    const { host, person } = await opened()
    person.select({ x: 100, y: 100, width: 5, height: 5 })
    expect(await host.selection()).toBeNull()
  })
})

describe('layers', () => {
  const kept: readonly (readonly [string, (editor: PhotoshopCase) => void])[] = [
    [
      'a rectangle that reaches beyond the canvas',
      ({ person }) => person.select({ x: 30, y: -10, width: 60, height: 30 })
    ],
    ['a soft selection', ({ person }) => person.selectSoftly(area, softMask.data)],
    ['nothing', ({ person }) => person.select(null)]
  ]
  for (const [name, select] of kept)
    it(`leave selection (${name}), active layers and visibility as they were, in one step`, async () => {
      const editor = await opened({ isBackground: true })
      const { host, person, id } = editor
      await host.insertLayers(id, [{ ...layer, name: 'first' }])
      person.setVisible(person.front().state.layers[0]!.id, false)
      select(editor)
      const { state, history } = person.front()
      const steps = history.length
      await host.insertLayers(id, [layer, { ...layer, name: 'second' }])
      const after = person.front().state
      expect(person.front().history).toHaveLength(steps + 1)
      expect(person.front().history.at(-1)?.name).toBe('Add 2 layers')
      expect(after.selection).toEqual(state.selection)
      expect(after.active).toEqual(state.active)
      expect(after.layers.map(({ name, visible }) => [name, visible])).toEqual([
        ['first', false],
        ['second', true],
        ['a red car', true],
        ['Background', true]
      ])
      person.undo()
      expect(person.front().state).toEqual(state)
    })

  const maskKnobs: Partial<Knobs>[] = [
    {},
    { zeroBlockBug: true },
    { maskOutside: 255 },
    { maskOutside: 0 },
    { maskDepths: [8] },
    { maskDepths: [16] },
    { maskDepths: [] },
    { deepMasks: false }
  ]
  for (const depth of [8, 16] as const)
    for (const knobs of maskKnobs)
      it(`get a mask that is exactly the given one and hides the rest: ${depth} bits, ${JSON.stringify(knobs)}`, async () => {
        const editor = startHost(knobs)
        // Large enough for whole blocks of zeros beside and inside of the mask.
        editor.person.open(pictureOf(300, 200), { depth })
        const big = { x: 50, y: 40, width: 200, height: 140 }
        const data = Uint8Array.from({ length: 200 * 140 }, (_, at) => (at % 200 < 130 ? 0 : at % 256))
        const pixels = banded(pictureOf(200, 140, 3))
        await editor.host.insertLayers(await idOf(editor), [
          { name: 'big', area: big, pixels, mask: { width: 200, height: 140, data } }
        ])
        const [top] = editor.person.front().state.layers
        const scale = depth === 8 ? 1 : 255 / 32768
        const { area: own, data: mask } = top!.mask!
        for (let y = 0; y < 140; y += 3)
          for (let x = 0; x < 200; x++) {
            const value = mask[(big.y + y - own.y) * own.width + big.x + x - own.x]! * scale
            expect(Math.abs(value - data[y * 200 + x]!)).toBeLessThanOrEqual(0.5)
          }
      })

  it('a mask that hides everything hides everything also where it goes by the selection', async () => {
    const editor = await opened({ depth: 16 }, { maskDepths: [] })
    await editor.host.insertLayers(editor.id, [
      { ...layer, mask: { ...softMask, data: new Uint8Array(320) } }
    ])
    expect(editor.person.front().state.layers[0]?.mask?.data.every((value) => value === 0)).toBe(true)
  })

  it('go into a document that is not in front, which stays there', async () => {
    const editor = await opened()
    const first = editor.person.front()
    const second = editor.person.open(pictureOf(8, 8), { name: 'Other' })
    await editor.host.insertLayers(editor.id, [layer])
    expect(first.state.layers).toHaveLength(2)
    expect(editor.person.front()).toBe(second)
  })

  it('two at once come one after the other', async () => {
    const editor = await opened()
    await Promise.all(
      [1, 2, 3].map((number) => editor.host.insertLayers(editor.id, [{ ...layer, name: `${number}` }]))
    )
    expect(editor.person.front().state.layers.map(({ name }) => name)).toEqual(
      ['3', '2', '1', 'Picture'].toSorted((a, b) => order(a) - order(b))
    )
  })

  it('leave nothing behind where Photoshop fails in the middle', async () => {
    const editor = await opened()
    const { state } = editor.person.front()
    const broken = { ...layer, name: 'broken', pixels: banded(pictureOf(4, 4)) }
    await expect(editor.host.insertLayers(editor.id, [layer, broken])).rejects.toThrow(/20 × 16.*4 × 4/)
    expect(editor.person.front().state).toBe(state)
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

/** Comparing seventy million bytes one by one takes a test too long. */
const isSame = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)) === 0

/** Each new layer goes above the active one, so the first stays nearest to it. */
const order = (name: string): number => ({ '3': 2, '2': 1, '1': 0, Picture: 3 })[name] ?? 9

describe('a Photoshop that is not alone', () => {
  it('waits for a busy Photoshop, and says so when that takes too long', async () => {
    for (const knobs of [{}, { busy: 'legacy' }] as Partial<Knobs>[]) {
      const { host, world } = await opened({}, knobs)
      world.busyWith = 'crop'
      await expect(host.flatten(area)).rejects.toMatchObject({ code: 'host-busy' })
      const reading = host.flatten(area)
      setTimeout(() => (world.busyWith = null), 8)
      expect(joined(await reading).data).toHaveLength(20 * 16 * 4)
    }
  })

  it('takes a cancel in the middle for what it is, and changes nothing', async () => {
    const editor = await opened()
    const { host, person, world, id } = editor
    const { state } = person.front()
    const placing = host.insertLayers(id, [layer])
    while (world.scope === null) await Promise.resolve()
    person.cancel()
    await expect(placing).rejects.toMatchObject({ code: 'host-cancelled' })
    expect(person.front().state).toBe(state)
  })

  it('notices that the document was closed meanwhile', async () => {
    const editor = await opened()
    const { host, person, world } = editor
    world.busyWith = 'a dialog'
    const reading = host.flatten(area)
    person.close()
    world.busyWith = null
    await expect(reading).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('large documents', () => {
  it('no buffer that goes into or comes out of Photoshop is over 64 MB', async () => {
    const editor = startHost({ trim: 'off' })
    // 17.2 megapixels of 4 bytes: 68.8 MB.
    const large = pictureOf(4096, 4200)
    editor.person.open(large)
    const read = await editor.host.flatten(whole(large))
    expect(isSame(joined(read).data, large.data)).toBe(true)
    await editor.host.insertLayers(await idOf(editor), [{ name: 'large', area: whole(large), pixels: read }])
    const [top] = editor.person.front().state.layers
    expect(isSame(top!.pixels!.data, large.data)).toBe(true)
    expect(editor.world.images.largest).toBeLessThanOrEqual(64 * 1024 * 1024)
  }, 60_000)
})

describe('empty canvas', () => {
  for (const knobs of [
    {},
    { trim: 'off', emptyRegion: 'zeroSize' },
    { trim: 'layerBounds' }
  ] as Partial<Knobs>[])
    it(`is found beside layers, in their holes and under soft edges, ${JSON.stringify(knobs)}`, async () => {
      const { host, person } = startHost(knobs)
      const holed = pictureOf(60, 40)
      holed.data[(7 * 60 + 9) * 4 + 3] = 254
      person.open(holed)
      expect(await host.emptyBounds()).toEqual({ x: 9, y: 7, width: 1, height: 1 })
      person.setVisible(person.front().state.layers[0]!.id, false)
      expect(await host.emptyBounds()).toEqual(whole(size))
    })

  it('a Background has none, and needs no look', async () => {
    const { host, world } = await opened({ isBackground: true })
    expect(await host.emptyBounds()).toBeNull()
    expect(world.calls).toEqual([])
  })

  it('is made by extending each side as asked, in one step, also under a Background', async () => {
    const { host, person, id } = await opened({ isBackground: true })
    const steps = person.front().history.length
    await host.extendCanvas(id, { left: 5, top: 3, right: 2, bottom: 7 })
    expect(person.front().history).toHaveLength(steps + 1)
    expect((await host.document())?.canvas).toEqual({ width: 67, height: 50 })
    expect((await readWhole({ host }, { x: 5, y: 3, ...size })).data).toEqual(picture.data)
    expect(
      (await readWhole({ host }, { x: 0, y: 0, width: 67, height: 3 })).data.every((value) => value === 0)
    ).toBe(true)
    expect(await host.emptyBounds()).toEqual({ x: 0, y: 0, width: 67, height: 50 })
    person.undo()
    expect(person.front().state.layers[0]?.isBackground).toBe(true)
  })
})

describe('names of documents', () => {
  it('files keep theirs over sessions; what was never saved has one of this session', async () => {
    const names: string[] = []
    for (const unsavedPath of ['', 'name'] as const) {
      const { host, person } = startHost({ unsavedPath })
      person.open(picture)
      names.push((await host.document())!.id)
      const saved = person.open(picture, { path: '/home/me/car.psd' })
      names.push((await host.document())!.id)
      // Saved under another name while jobs run, it is still the document of those jobs.
      saved.path = '/home/me/other.psd'
      expect((await host.document())!.id).toBe(names.at(-1))
      person.open(picture, { path: '/home/me/car.psd' })
      expect(names).not.toContain((await host.document())!.id)
    }
    expect(names[1]).toBe(names[3])
    expect(names[0]).toMatch(/^session-/)
    expect(names[2]).toMatch(/^session-/)
  })
})
