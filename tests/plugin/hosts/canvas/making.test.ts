import { deflateSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { pngChunk, pngHeaderBytes } from '../../../../bridge-server/image/png-chunks.ts'
import { readText } from '../../../../bridge-server/image/png-text.ts'
import { sourceIn } from '../../../../bridge-server/image/provenance.ts'
import { createDocument, type CanvasDocument } from '../../../../plugin/hosts/canvas/document.ts'
import { areaOf } from '../../../../plugin/hosts/canvas/geometry.ts'
import { changeLayer, mergeDown } from '../../../../plugin/hosts/canvas/layer-edits.ts'
import { layerFrom, type Layer } from '../../../../plugin/hosts/canvas/layer.ts'
import { makingOf, marked, textsOf } from '../../../../plugin/hosts/canvas/making.ts'
import { readMaking } from '../../../../plugin/hosts/canvas/picture-text.ts'
import { encodePng } from '../../../../plugin/hosts/canvas/png.ts'
import type { Making } from '../../../../plugin/hosts/host.ts'
import { opaqueImage } from './pictures.ts'

const whole: Making = { parameters: 'a cat\nSteps: 3', source: 'trainedAlgorithmicMedia' }
const edit: Making = { parameters: 'a hat\nSteps: 3', source: 'compositeWithTrainedAlgorithmicMedia' }
const canvas = { width: 40, height: 30 }

const layer = (id: string, made: Making | null, area = areaOf(canvas)): Layer =>
  layerFrom(id, {
    ...{ name: id, area, pixels: opaqueImage(area.width, area.height, id.length) },
    ...(made === null ? {} : { made })
  })

const documentOf = (...layers: readonly Layer[]): CanvasDocument =>
  createDocument({ id: 'document', name: 'document', canvas, layers })

const small = { x: 5, y: 5, width: 10, height: 10 }

it.each<[string, CanvasDocument, Making | null]>([
  ['a photograph is nobody’s', documentOf(layer('photo', null)), null],
  ['a layer over all of it makes it a model’s', documentOf(layer('photo', null), layer('cat', whole)), whole],
  [
    'a small one makes it a composite',
    documentOf(layer('photo', null), layer('hat', whole, small)),
    { ...whole, source: 'compositeWithTrainedAlgorithmicMedia' }
  ],
  [
    'so does a person’s layer above',
    documentOf(layer('cat', whole), layer('paint', null, small)),
    { ...whole, source: 'compositeWithTrainedAlgorithmicMedia' }
  ],
  ['an edit stays one, and the last tells', documentOf(layer('cat', whole), layer('hat', edit)), edit]
])('%s', (_, document, made) => {
  expect(makingOf(document)).toEqual(made)
})

it('counts neither what is hidden nor what is merged into nothing', () => {
  const hidden = changeLayer('cat', { visible: false })(documentOf(layer('photo', null), layer('cat', whole)))
  expect(makingOf(hidden)).toBeNull()
  expect(makingOf(mergeDown('cat')(hidden))).toBeNull()
})

it('remembers a model’s part through a merge', () => {
  const document = documentOf(layer('photo', null), layer('hat', whole, small))
  expect(makingOf(mergeDown('hat')(document))).toEqual({
    ...whole,
    source: 'compositeWithTrainedAlgorithmicMedia'
  })
})

it.each([whole, edit])('reads from a written picture what it says of itself', async (made) => {
  const png = await encodePng(opaqueImage(4, 4, 1), textsOf(made))
  expect(await readMaking(png)).toEqual(made)
  const text = readText(Buffer.from(await png.arrayBuffer()))
  expect([text.parameters, sourceIn(text)]).toEqual([made.parameters, made.source])
})

it('reads packed texts, and neither bombs nor what is damaged', async () => {
  const plain = Buffer.from(await (await encodePng(opaqueImage(4, 4, 1))).arrayBuffer())
  const withPacked = (packed: Buffer) =>
    new Blob([
      plain.subarray(0, pngHeaderBytes),
      pngChunk('zTXt', Buffer.concat([Buffer.from('parameters\0\0'), packed])),
      plain.subarray(pngHeaderBytes)
    ])
  const making = await readMaking(withPacked(deflateSync('a cat\nSteps: 3')))
  expect(making).toEqual({ ...whole })
  expect(await readMaking(withPacked(deflateSync(Buffer.alloc(16 << 20, 97))))).toBeNull()
  expect(await readMaking(withPacked(Buffer.from('no zlib')))).toBeNull()
  expect(await readMaking(new Blob([plain]))).toBeNull()
  expect(await readMaking(new Blob(['GIF89a']))).toBeNull()
})

it('marks the part of a model alone, and nothing in the layers', () => {
  const size = { width: 300, height: 260 }
  const area = { x: 150, y: 0, width: 150, height: 260 }
  const photo = layer('photo', null, areaOf(size))
  const cat = layer('cat', whole, area)
  const document = { ...documentOf(photo, cat), canvas: size }
  const pixels = opaqueImage(300, 260, 5)
  for (let y = 0; y < 260; y++)
    for (let x = 150; x < 300; x++) pixels.data.set(opaqueImage(1, 1, x * 7 + y + 1).data, 4 * (y * 300 + x))
  const copy = pixels.data.slice()
  const { data } = marked(pixels, document)
  expect(pixels.data.every((value, i) => value === copy[i])).toBe(true)
  const changed = (from: number, to: number) =>
    data.some((value, i) => value !== copy[i] && (i >> 2) % 300 >= from && (i >> 2) % 300 < to)
  expect([changed(0, 150), changed(150, 300)]).toEqual([false, true])
})
