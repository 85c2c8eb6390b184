import { expect, it } from 'vitest'
import { joined } from '../../../../plugin/hosts/bands.ts'
import { banded, idOf, pictureOf, startHost, whole, type PhotoshopCase } from './photoshop-case.ts'

/** A document of one layer, a column that reaches from its top to its bottom, on a canvas of any size. */
function openLarge({ person }: PhotoshopCase, side: number): void {
  const document = person.open(pictureOf(1, side))
  document.state = { ...document.state, width: side, height: side }
  document.history = [{ ...document.history[0]!, state: document.state }]
}
const megabytes = 1024 * 1024

/** Comparing seventy million bytes one by one takes a test too long. */
const isSame = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)) === 0

it('a picture of 8192 × 8192 is read whole in bands, pixel for pixel', async () => {
  const editor = startHost()
  const side = 8192
  const picture = pictureOf(side, side)
  editor.person.open(picture)
  expect(await editor.host.emptyBounds()).toBeNull()
  const { bands } = await editor.host.flatten({ x: 0, y: 0, width: side, height: side })
  let at = 0
  for (const { data } of bands) {
    expect(data.byteLength).toBeLessThanOrEqual(16 * megabytes)
    expect(Buffer.from(data.buffer).compare(Buffer.from(picture.data.buffer, at, data.length))).toBe(0)
    at += data.length
  }
  expect(at).toBe(side * side * 4)
  expect(editor.world.images).toMatchObject({ live: 0 })
  expect(editor.world.images.largest).toBeLessThanOrEqual(64 * megabytes)
})

it('a document of 8192 × 8192 is read in bands, and given a layer with a mask, without a buffer over 64 MB', async () => {
  const editor = startHost({ trim: 'off' })
  openLarge(editor, 8192)
  const { host, person, world } = editor
  const { bands } = await host.flatten({ x: 0, y: 7000, width: 8192, height: 1192 })
  expect(bands.reduce((rows, { height }) => rows + height, 0)).toBe(1192)
  for (const { data } of bands) expect(data.byteLength).toBeLessThanOrEqual(16 * megabytes)
  expect(bands[1]!.data[3]).toBe(255)
  const area = { x: 5000, y: 6000, width: 64, height: 48 }
  const mask = { width: 64, height: 48, data: new Uint8Array(64 * 48).fill(200) }
  await host.insertLayers((await host.document())!.id, [
    { name: 'made', area, pixels: banded(pictureOf(64, 48, 2)), mask }
  ])
  expect(person.front().state.layers).toHaveLength(2)
  // The simulator finds fault with any larger one that goes to or comes from Photoshop.
  expect(world.images.largest).toBeLessThanOrEqual(64 * megabytes)
})

it('a selection of more than 64 megapixels is refused with the numbers, and makes no mask', async () => {
  const editor = startHost()
  openLarge(editor, 8200)
  editor.person.select({ x: 0, y: 0, width: 8200, height: 8200 })
  await expect(editor.host.selection()).rejects.toMatchObject({
    code: 'too-large',
    message: expect.stringMatching(/8200 × 8200 pixels, 65 megapixels/) as string,
    hint: expect.stringMatching(/at most 64 megapixels/) as string
  })
  expect(editor.world.calls).toEqual([])
})

it('a layer of 17 megapixels goes in as it came out, without a buffer over 64 MB', async () => {
  const editor = startHost({ trim: 'off' })
  // 17.2 megapixels of 4 bytes: 68.8 MB.
  const large = pictureOf(4096, 4200)
  editor.person.open(large)
  const read = await editor.host.flatten(whole(large))
  expect(isSame(joined(read).data, large.data)).toBe(true)
  await editor.host.insertLayers(await idOf(editor), [{ name: 'large', area: whole(large), pixels: read }])
  const [top] = editor.person.front().state.layers
  expect(isSame(top!.pixels!.data, large.data)).toBe(true)
  expect(editor.world.images.largest).toBeLessThanOrEqual(64 * megabytes)
})
