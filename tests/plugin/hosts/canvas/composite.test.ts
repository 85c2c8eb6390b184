import { describe, expect, it } from 'vitest'
import { blendModes, scaleByte } from '../../../../plugin/hosts/canvas/blend.ts'
import { emptyBounds, flatten } from '../../../../plugin/hosts/canvas/composite.ts'
import { createDocument, type CanvasDocument } from '../../../../plugin/hosts/canvas/document.ts'
import { areaOf } from '../../../../plugin/hosts/canvas/geometry.ts'
import { layerFrom, type Layer } from '../../../../plugin/hosts/canvas/layer.ts'
import type { RgbaImage } from '../../../../plugin/hosts/host.ts'
import { digest, emptyDocument, noiseDocument, noiseImage, opaqueImage } from './pictures.ts'

const canvas = { width: 290, height: 40 }
const ground = opaqueImage(290, 40, 1)
const documentOf = (...layers: Layer[]): CanvasDocument =>
  createDocument({ id: 'd', name: 'd', canvas, layers })
const layerOf = (id: string, pixels: RgbaImage): Layer =>
  layerFrom(id, { name: id, area: areaOf(pixels), pixels })

describe('scaleByte', () => {
  it('is a · b / 255 rounded, for every pair of bytes', () => {
    for (let a = 0; a < 256; a++)
      for (let b = 0; b < 256; b++)
        if (scaleByte(a, b) !== Math.round((a * b) / 255)) expect([a, b, scaleByte(a, b)]).toBe('rounded')
  })
})

describe('compositing', () => {
  it('gives an opaque picture back byte for byte', () => {
    expect(digest(flatten(documentOf(layerOf('ground', ground)), areaOf(canvas)).data)).toBe(
      digest(ground.data)
    )
  })

  it('copies an opaque normal layer over whatever is below', () => {
    const top = opaqueImage(290, 40, 2)
    const document = documentOf(layerOf('ground', noiseImage(290, 40, 3)), layerOf('top', top))
    expect(digest(flatten(document, areaOf(canvas)).data)).toBe(digest(top.data))
  })

  it.each(blendModes)('keeps the bytes below where the mask or the alpha is 0 (%s)', (blend) => {
    const pixels = noiseImage(290, 40, 4)
    const mask = new Uint8Array(290 * 40).map((_, at) => (at % 3 === 0 ? 0 : at & 255))
    for (let at = 0; at < mask.length; at += 5) pixels.data[at * 4 + 3] = 0
    const top = layerFrom('top', {
      name: 'top',
      area: areaOf(canvas),
      pixels,
      mask: { ...canvas, data: mask }
    })
    const { data } = flatten(documentOf(layerOf('ground', ground), { ...top, blend }), areaOf(canvas))
    let kept = 0
    let changed = 0
    let wrong = 0
    for (let at = 0; at < mask.length; at++) {
      const same =
        data.subarray(at * 4, at * 4 + 4).join() === ground.data.subarray(at * 4, at * 4 + 4).join()
      if ((mask[at] === 0 || pixels.data[at * 4 + 3] === 0) && !same) wrong++
      if (same) kept++
      else changed++
    }
    expect(wrong).toBe(0)
    expect(kept).toBeGreaterThan(4000)
    expect(changed).toBeGreaterThan(4000)
  })

  it('is the straight-alpha formula in real numbers, rounded', () => {
    const [below, above] = [noiseImage(290, 40, 5), noiseImage(290, 40, 6)]
    const { data } = flatten(documentOf(layerOf('below', below), layerOf('above', above)), areaOf(canvas))
    let worst = 0
    for (let at = 0; at < data.length; at += 4) {
      const [a, b] = [above.data[at + 3]! / 255, below.data[at + 3]! / 255]
      const alpha = a + b * (1 - a)
      worst = Math.max(worst, Math.abs(data[at + 3]! - alpha * 255))
      if (alpha === 0) continue
      const colour = (a * above.data[at]! + (1 - a) * b * below.data[at]!) / alpha
      worst = Math.max(worst, Math.abs(data[at]! - colour))
    }
    // One rounding to a byte and nothing else.
    expect(worst).toBeLessThanOrEqual(0.5 + 1e-9)
  })

  // W3C Compositing and Blending Level 1, section 10.1, on opaque pixels: one rounding each.
  it.each([
    ['multiply', (b: number, s: number) => b * s],
    ['screen', (b: number, s: number) => b + s - b * s],
    ['overlay', (b: number, s: number) => (b <= 0.5 ? 2 * b * s : 1 - 2 * (1 - b) * (1 - s))]
  ] as const)('%s follows its formula within one level', (blend, formula) => {
    const top = opaqueImage(290, 40, 8)
    const { data } = flatten(
      documentOf(layerOf('ground', ground), { ...layerOf('top', top), blend }),
      areaOf(canvas)
    )
    let worst = 0
    for (let at = 0; at < data.length; at++) {
      if (at % 4 === 3) continue
      const expected = formula(ground.data[at]! / 255, top.data[at]! / 255) * 255
      worst = Math.max(worst, Math.abs(data[at]! - expected))
    }
    expect(worst).toBeLessThanOrEqual(1)
  })

  it('shows an area as the same part of the whole', () => {
    const document = noiseDocument()
    const whole = flatten(document, areaOf(document.canvas))
    const part = { x: 215, y: 90, width: 77, height: 183 }
    const { data } = flatten(document, part)
    for (let y = 0; y < part.height; y++) {
      const from = ((part.y + y) * whole.width + part.x) * 4
      const row = data.subarray(y * part.width * 4, (y + 1) * part.width * 4)
      expect(digest(row)).toBe(digest(whole.data.subarray(from, from + part.width * 4)))
    }
  })

  it('shows nothing beyond the canvas, of invisible layers, or at opacity 0', () => {
    const outside = flatten(noiseDocument(), { x: -30, y: 0, width: 30, height: 280 })
    expect(outside.data.every((byte) => byte === 0)).toBe(true)
    const hidden = { ...layerOf('a', ground), visible: false }
    const faint = { ...layerOf('b', ground), opacity: 0 }
    expect(flatten(documentOf(hidden, faint), areaOf(canvas)).data.every((byte) => byte === 0)).toBe(true)
  })

  it('leaves a layer whole while its mask is turned off', () => {
    const mask = { ...canvas, data: new Uint8Array(290 * 40) }
    const layer = layerFrom('a', { name: 'a', area: areaOf(canvas), pixels: ground, mask })
    const off = { ...layer, mask: { ...layer.mask!, enabled: false } }
    expect(digest(flatten(documentOf(off), areaOf(canvas)).data)).toBe(digest(ground.data))
  })
})

describe('emptyBounds', () => {
  it('is null where every pixel is opaque, and the canvas where there is nothing', () => {
    expect(emptyBounds(documentOf(layerOf('ground', ground)))).toBeNull()
    expect(emptyBounds(emptyDocument(10, 20))).toEqual({ x: 0, y: 0, width: 10, height: 20 })
  })

  it('finds a single pixel that is not quite opaque', () => {
    const image = opaqueImage(290, 40, 9)
    image.data[(17 * 290 + 270) * 4 + 3] = 254
    expect(emptyBounds(documentOf(layerOf('ground', image)))).toEqual({ x: 270, y: 17, width: 1, height: 1 })
  })
})
