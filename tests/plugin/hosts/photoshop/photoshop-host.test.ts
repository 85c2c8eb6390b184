import { describe, expect, it } from 'vitest'
import { CodedError } from '../../../../plugin/client/coded-error.ts'
import { joined } from '../../../../plugin/hosts/bands.ts'
import type { Knobs } from '../../../support/photoshop/knobs.ts'
import type { Opened } from '../../../support/photoshop/simulator.ts'
import {
  area,
  banded,
  idOf,
  layer,
  opened,
  picture,
  pictureOf,
  readWhole,
  size,
  softMask,
  startHost,
  whole,
  type PhotoshopCase
} from './photoshop-case.ts'

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
        let farthest = 0
        for (let y = 0; y < 140; y++)
          for (let x = 0; x < 200; x++) {
            const value = mask[(big.y + y - own.y) * own.width + big.x + x - own.x]! * scale
            farthest = Math.max(farthest, Math.abs(value - data[y * 200 + x]!))
          }
        expect(farthest).toBeLessThanOrEqual(0.5)
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

/** Each new layer goes above the active one, so the first stays nearest to it. */
const order = (name: string): number => ({ '3': 2, '2': 1, '1': 0, Picture: 3 })[name] ?? 9

describe('a picture that becomes a document of its own', () => {
  it('holds that layer alone', async () => {
    const editor = await opened()
    await editor.host.openDocument('Scene 2×', layer)
    expect(editor.person.front().state.layers.map(({ name }) => name)).toEqual([layer.name])
  })

  it('is closed again where Photoshop fails in the middle', async () => {
    const editor = await opened()
    const broken = { ...layer, pixels: banded(pictureOf(4, 4)) }
    await expect(editor.host.openDocument('Scene 2×', broken)).rejects.toThrow(/20 × 16.*4 × 4/)
    expect(editor.world.documents).toHaveLength(1)
  })
})

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
