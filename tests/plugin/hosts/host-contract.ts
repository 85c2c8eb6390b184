import { beforeEach, describe, expect, it } from 'vitest'
import type { Rect } from '../../../bridge-server/protocol/geometry.ts'
import { inOneBand, joined } from '../../../plugin/hosts/bands.ts'
import type { Host, MaskImage, RgbaImage } from '../../../plugin/hosts/host.ts'

/** A host under test, and the ways of a person to act on its editor. */
export interface HostCase {
  readonly host: Host
  /** Opens an opaque picture as a new document. */
  readonly open: (picture: RgbaImage) => void | Promise<void>
  readonly close: () => void | Promise<void>
  /** Selects a rectangle, or nothing. */
  readonly select: (area: Rect | null) => void | Promise<void>
  /** Extends the canvas at its right edge. */
  readonly extend: (by: number) => void | Promise<void>
  readonly undo: () => void | Promise<void>
}

const width = 60
const height = 40
const picture = pictureOf(width, height, 1)
const whole = { x: 0, y: 0, width, height }

/** What every host must keep. `start` gives a fresh editor with nothing open. */
export function describeHost(name: string, start: () => HostCase | Promise<HostCase>): void {
  describe(`${name} keeps the contract of a host`, () => {
    let editor: HostCase
    let host: Host
    beforeEach(async () => {
      editor = await start()
      host = editor.host
      await editor.open(picture)
    })

    const seen = async (area: Rect): Promise<RgbaImage> => joined(await host.flatten(area))
    const idOf = async (): Promise<string> => (await host.document())!.id

    it('tells the open document, or null', async () => {
      expect(await host.document()).toMatchObject({ canvas: { width, height } })
      await editor.close()
      expect(await host.document()).toBeNull()
      expect(await host.selection()).toBeNull()
      expect(await host.selectionBounds()).toBeNull()
      expect(await host.emptyBounds()).toBeNull()
    })

    it('gives an opaque picture back byte for byte, whole and in parts', async () => {
      expect((await seen(whole)).data).toEqual(picture.data)
      const part = { x: 7, y: 5, width: 21, height: 11 }
      expect((await seen(part)).data).toEqual(cut(picture, part).data)
    })

    it('shows nothing beyond the canvas', async () => {
      const { data } = await seen({ x: -4, y: -4, width: 8, height: 8 })
      expect([...data.subarray(0, 16)]).toEqual(Array(16).fill(0))
      const inside = (7 * 8 + 7) * 4
      expect(data.subarray(inside, inside + 4)).toEqual(
        picture.data.subarray((3 * width + 3) * 4, (3 * width + 4) * 4)
      )
    })

    it('tells a selection by its bounds and a mask of their size, and null where nothing is selected', async () => {
      expect(await host.selection()).toBeNull()
      expect(await host.selectionBounds()).toBeNull()
      const area = { x: 50, y: 10, width: 30, height: 5 }
      await editor.select(area)
      const selection = await host.selection()
      expect(selection?.bounds).toEqual({ ...area, width: 10 })
      expect(await host.selectionBounds()).toEqual({ ...area, width: 10 })
      expect(selection?.mask).toMatchObject({ width: 10, height: 5 })
      expect(selection?.mask.data).toEqual(new Uint8Array(50).fill(255))
      await editor.select(null)
      expect(await host.selection()).toBeNull()
    })

    it('tells where the canvas is empty, and null where it is full', async () => {
      expect(await host.emptyBounds()).toBeNull()
      await editor.extend(20)
      expect(await host.emptyBounds()).toEqual({ x: width, y: 0, width: 20, height })
    })

    it('makes a layer with a real mask: outside it every byte stays, at 255 the layer shows exactly', async () => {
      const area = { x: 10, y: 8, width: 20, height: 16 }
      const pixels = pictureOf(20, 16, 2)
      await host.insertLayers(await idOf(), [
        { name: 'a red car', area, pixels: inOneBand(pixels), mask: leftHalf(area) }
      ])
      const expected = paste(picture, cut(pixels, { x: 0, y: 0, width: 10, height: 16 }), area)
      expect((await seen(whole)).data).toEqual(expected.data)
    })

    it('adds several layers as one undo step, the first lowest', async () => {
      const area = { x: 0, y: 0, width, height }
      const [low, high] = [pictureOf(width, height, 3), pictureOf(width, height, 4)]
      await host.insertLayers(await idOf(), [
        { name: 'low', area, pixels: inOneBand(low) },
        { name: 'high', area, pixels: inOneBand(high) }
      ])
      expect((await seen(whole)).data).toEqual(high.data)
      await editor.undo()
      expect((await seen(whole)).data).toEqual(picture.data)
    })

    it('takes layers that reach beyond the canvas', async () => {
      const pixels = pictureOf(20, 20, 5)
      await host.insertLayers(await idOf(), [
        { name: 'corner', area: { x: -10, y: -10, width: 20, height: 20 }, pixels: inOneBand(pixels) }
      ])
      const corner = await seen({ x: 0, y: 0, width: 10, height: 10 })
      expect(corner.data).toEqual(cut(pixels, { x: 10, y: 10, width: 10, height: 10 }).data)
    })

    it('refuses layers for a document that is no longer open, and changes nothing', async () => {
      const layer = { name: 'late', area: whole, pixels: inOneBand(pictureOf(width, height, 6)) }
      const id = await idOf()
      await editor.open(picture)
      await expect(host.insertLayers(id, [layer])).rejects.toThrow(/no longer open/)
      expect((await seen(whole)).data).toEqual(picture.data)
      await editor.close()
      await expect(host.insertLayers(id, [layer])).rejects.toThrow(/closed/)
    })

    it('opens a picture as a document of its own', async () => {
      const before = await idOf()
      const large = pictureOf(90, 70, 8)
      const area = { x: 7, y: 9, width: 90, height: 70 }
      await host.openDocument('Scene 2×', { name: 'a red car', area, pixels: inOneBand(large) })
      const opened = await host.document()
      expect(opened).toMatchObject({ name: 'Scene 2×', canvas: { width: 90, height: 70 } })
      expect(opened?.id).not.toBe(before)
      expect((await seen({ x: 0, y: 0, width: 90, height: 70 })).data).toEqual(large.data)
      expect(await host.selection()).toBeNull()
    })

    it('shows a preview without changing the document', async () => {
      const documentId = await idOf()
      host.showPreview({ documentId, area: whole, pixels: pictureOf(8, 8, 7) })
      expect((await seen(whole)).data).toEqual(picture.data)
      host.showPreview(null)
      await editor.undo()
      expect((await seen(whole)).data).toEqual(picture.data)
    })

    it('calls its watchers when pixels, selection, size or document change, until they stop', async () => {
      let calls = 0
      const stop = host.watch(() => calls++)
      const counted = async (act: () => void | Promise<void>): Promise<boolean> => {
        const before = calls
        await act()
        return calls > before
      }
      expect(await counted(() => editor.select({ x: 1, y: 1, width: 5, height: 5 }))).toBe(true)
      expect(await counted(() => editor.extend(3))).toBe(true)
      const layer = { name: 'x', area: whole, pixels: inOneBand(picture) }
      const id = await idOf()
      expect(await counted(() => host.insertLayers(id, [layer]))).toBe(true)
      expect(await counted(() => editor.close())).toBe(true)
      stop()
      expect(await counted(() => editor.open(picture))).toBe(false)
    })
  })
}

function pictureOf(width: number, height: number, seed: number): RgbaImage {
  const data = new Uint8ClampedArray(width * height * 4)
  for (let at = 0; at < data.length; at++)
    data[at] = at % 4 === 3 ? 255 : (at * 31 + seed * 97 + (at >> 5)) & 255
  return { width, height, data }
}

function cut(image: RgbaImage, { x, y, width, height }: Rect): RgbaImage {
  const data = new Uint8ClampedArray(width * height * 4)
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * image.width + x) * 4
    data.set(image.data.subarray(from, from + width * 4), row * width * 4)
  }
  return { width, height, data }
}

function paste(image: RgbaImage, part: RgbaImage, at: { x: number; y: number }): RgbaImage {
  const data = image.data.slice()
  for (let row = 0; row < part.height; row++)
    data.set(
      part.data.subarray(row * part.width * 4, (row + 1) * part.width * 4),
      ((at.y + row) * image.width + at.x) * 4
    )
  return { ...image, data }
}

const leftHalf = ({ width, height }: Rect): MaskImage => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, at) => (at % width < width / 2 ? 255 : 0))
})
