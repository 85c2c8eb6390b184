import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { usualKnobs, type Knobs } from '../../../support/photoshop/knobs.ts'
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

/** Every knob with all that it can be; the compiler asks for a new one. */
const sides: { readonly [Name in keyof Knobs]: readonly Knobs[Name][] } = {
  trim: ['tight', 'off', 'layerBounds'],
  emptyRegion: ['reject', 'zeroSize'],
  dithers: [false, true],
  greyTakesRgb: [false, true],
  deepReadAsEight: [false, true],
  encodeNeedsModal: [false, true],
  busy: ['new', 'legacy'],
  maskOutside: [0, 255, 'random'],
  zeroBlockBug: [false, true],
  deepMasks: [true, false],
  maskDepths: [[8, 16], [8], [16], []],
  selectionTrim: [true, false],
  selectionBeyondCanvas: [true, false],
  addRule: ['copy', 'over'],
  notifies: [true, false],
  theme: ['document', 'brightness'],
  unsavedPath: ['', 'name']
}
/** One side of one knob at a time, the others as they are believed to be. */
const settings: readonly Partial<Knobs>[] = [
  {},
  ...Object.entries(sides).flatMap(([name, values]) =>
    values
      .filter((value) => value !== Reflect.get(usualKnobs, name))
      .map((value): Partial<Knobs> => ({ [name]: value }))
  )
]

const size = { width: 90, height: 70 }
const picture = pictureOf(size.width, size.height)
const area = { x: 11, y: 7, width: 23, height: 17 }
const softMask = Uint8Array.from({ length: 23 * 17 }, (_, at) => (at * 7) % 256)
const layer = {
  name: 'result',
  area,
  pixels: banded(pictureOf(23, 17, 2)),
  mask: { width: 23, height: 17, data: softMask }
}

const idOf = async ({ host }: PhotoshopCase): Promise<string> => (await host.document())!.id
const topmost = ({ person }: PhotoshopCase) => person.front().state.layers[0]!
const ground = ({ person }: PhotoshopCase) => person.front().state.layers.at(-1)!

/** Read, and placed as it was read: the layer has the numbers of what lies below, byte for byte. */
async function roundTrip(editor: PhotoshopCase): Promise<void> {
  const read = await readWhole(editor, whole(size))
  expect(greatestDifference(read, editor.person.see())).toBeLessThanOrEqual(
    editor.person.front().depth === 8 ? 0 : 1
  )
  await editor.host.insertLayers(await idOf(editor), [
    { name: 'same', area: whole(size), pixels: banded(read) }
  ])
  expect(topmost(editor).pixels!.data).toEqual(ground(editor).pixels!.data)
}

const roundTripOf =
  (how: Opened) =>
  async (editor: PhotoshopCase): Promise<void> => {
    editor.person.open(picture, how)
    await roundTrip(editor)
  }

const refused =
  (how: Opened, hint: RegExp) =>
  async (editor: PhotoshopCase): Promise<void> => {
    editor.person.open(picture, how)
    await expect(editor.host.document()).rejects.toMatchObject({
      hint: expect.stringMatching(hint) as string
    })
    await expect(editor.host.flatten(area)).rejects.toMatchObject({ code: 'document-unsupported' })
    expect(editor.world.calls).toEqual([])
  }

/** The cases that bugs of other plugins teach, each by itself; they run over every setting above. */
const cases: Readonly<Record<string, (editor: PhotoshopCase) => Promise<void>>> = {
  'Background only, RGB of 8 bits, three components': roundTripOf({ isBackground: true }),
  'RGB of 16 bits': roundTripOf({ depth: 16 }),
  'Grayscale of 8 bits': roundTripOf({ mode: 'grayscaleMode' }),
  'Grayscale of 16 bits': roundTripOf({ mode: 'grayscaleMode', depth: 16 }),
  '32 bits are refused with the way to convert': refused({ depth: 32 }, /16 Bits\/Channel/),
  'CMYK is refused with the way to convert, and getPixels never called': refused(
    { mode: 'CMYKColorMode' },
    /Image › Mode › RGB Color/
  ),
  async 'a transparent layer partly outside of the canvas'(editor) {
    const document = editor.person.open(picture)
    const [only] = document.state.layers
    const moved = { ...only!.pixels!, area: { x: -20, y: -9, ...size } }
    document.state = { ...document.state, layers: [{ ...only!, pixels: moved }] }
    const read = await readWhole(editor, whole(size))
    expect(greatestDifference(read, editor.person.see())).toBe(0)
    expect(read.data[3]).toBe(255)
    expect(read.data.at(-1)).toBe(0)
    expect(await editor.host.emptyBounds()).toEqual(whole(size))
  },
  async 'a soft selection, which stays as it was'(editor) {
    editor.person.open(picture)
    editor.person.selectSoftly(area, softMask)
    const before = editor.person.front().state.selection
    const { bounds, mask } = (await editor.host.selection())!
    const selected = mask.data.map((_value, at) => {
      const [x, y] = [at % bounds.width, Math.floor(at / bounds.width)]
      return softMask[(bounds.y - area.y + y) * area.width + bounds.x - area.x + x]!
    })
    expect(mask.data).toEqual(selected)
    await editor.host.insertLayers(await idOf(editor), [layer])
    expect(editor.person.front().state.selection).toEqual(before)
  },
  async 'a selection beyond the canvas'(editor) {
    editor.person.open(picture)
    editor.person.select({ x: -5, y: 60, width: 20, height: 40 })
    expect((await editor.host.selection())?.bounds).toEqual({ x: 0, y: 60, width: 15, height: 10 })
  },
  async 'no selection'(editor) {
    editor.person.open(picture)
    expect(await editor.host.selection()).toBeNull()
  },
  async 'one pixel, odd sizes, and 3 × 2 of a document of 4 × 4 (left 1, top 1, right 4, bottom 3)'(editor) {
    const small = pictureOf(4, 4)
    editor.person.open(small)
    for (const part of [
      { x: 1, y: 1, width: 3, height: 2 },
      { x: 3, y: 3, width: 1, height: 1 }
    ]) {
      editor.person.select(part)
      expect((await editor.host.selection())?.bounds).toEqual(part)
      const read = await readWhole(editor, part)
      expect([...read.data.subarray(0, 4)]).toEqual([
        ...small.data.subarray((part.y * 4 + part.x) * 4, (part.y * 4 + part.x) * 4 + 4)
      ])
    }
  },
  async 'a result with its mask is one step of the history'(editor) {
    editor.person.open(picture, { isBackground: true })
    const { state, history } = editor.person.front()
    const steps = history.length
    await editor.host.insertLayers(await idOf(editor), [layer])
    expect(editor.person.front().history).toHaveLength(steps + 1)
    const { mask } = topmost(editor)
    // All of the canvas, for what lies beside a smaller one is not known.
    expect(mask!.area).toEqual(whole(size))
    expect(mask!.data[0]).toBe(0)
    const at = (x: number, y: number) => mask!.data[(y - mask!.area.y) * mask!.area.width + x - mask!.area.x]!
    expect(softMask.map((_value, i) => at(area.x + (i % 23), area.y + Math.floor(i / 23)))).toEqual(softMask)
    editor.person.undo()
    expect(editor.person.front().state).toEqual(state)
  },
  async 'the person cancels between two calls'(editor) {
    editor.person.open(picture)
    const { state } = editor.person.front()
    const placing = editor.host.insertLayers(await idOf(editor), [layer, { ...layer, name: 'second' }])
    placing.catch(() => {})
    while (!editor.world.calls.includes('putPixels')) await Promise.resolve()
    editor.person.cancel()
    await expect(placing).rejects.toMatchObject({ code: 'host-cancelled' })
    expect(editor.person.front().state).toEqual(state)
  },
  async 'the document is closed before its result comes'(editor) {
    editor.person.open(picture)
    const id = await idOf(editor)
    editor.person.close()
    await expect(editor.host.insertLayers(id, [layer])).rejects.toMatchObject({ code: 'not-found' })
  },
  async 'the active layer is deleted before the result comes'(editor) {
    editor.person.open(picture)
    const id = await idOf(editor)
    await editor.host.insertLayers(id, [{ ...layer, name: 'first' }])
    editor.person.deleteLayer(topmost(editor).id)
    await editor.host.insertLayers(id, [layer])
    expect(editor.person.front().state.layers.map(({ name }) => name)).toContain('result')
  },
  async 'two results at once'(editor) {
    editor.person.open(picture)
    const id = await idOf(editor)
    await Promise.all([editor.host.insertLayers(id, [layer]), editor.host.insertLayers(id, [layer])])
    expect(editor.person.front().state.layers).toHaveLength(3)
  },
  async 'another plugin is modal'(editor) {
    editor.person.open(picture)
    editor.world.busyWith = 'another plugin'
    await expect(editor.host.flatten(area)).rejects.toMatchObject({ code: 'host-busy' })
    editor.world.busyWith = null
    expect((await readWhole(editor, area)).width).toBe(area.width)
  }
}

for (const [name, run] of Object.entries(cases))
  describe(name, () => {
    // After each, photoshop-case.ts looks for images that are left over and rules that were broken.
    for (const knobs of settings) it(JSON.stringify(knobs), () => run(startHost(knobs)))
  })

/** Those that need the plugin, the server or a large document: where they are. */
const elsewhere: Readonly<Record<string, readonly [file: string, test: string]>> = {
  'bridge offline': ['plugin.test.ts', 'nothing runs there'],
  'wrong token': ['plugin.test.ts', 'the key is missing or wrong'],
  'half-open socket': ['story.model.test.ts', 'The other side is gone without a word'],
  'a job runs while the page is loaded anew': [
    'story.model.test.ts',
    'reloads the panel in the middle of a job'
  ],
  'a document is closed while its job runs': ['story.model.test.ts', 'closes the document of a running job'],
  'strips of 8192 × 8192': ['large.model.test.ts', '8192 × 8192'],
  'no image is left over': ['photoshop-case.ts', 'expect(faults()).toEqual([])'],
  'every profile, both depths': ['forms.test.ts', 'the same, number for number']
}
it.each(Object.entries(elsewhere))('%s is tested elsewhere', (_case, [file, test]) => {
  expect(readFileSync(path.join(import.meta.dirname, file), 'utf8')).toContain(test)
})
