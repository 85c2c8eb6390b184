import { expect, it } from 'vitest'
import type { AnnotateRequest } from '#protocol/annotators.ts'
import type { ImageRef } from '#protocol/images.ts'
import { createMapMaker } from '../../../plugin/app/make-map.ts'
import { blob } from '../../support/panel.ts'

const picture = { width: 2, height: 1, data: new Uint8ClampedArray(8) }

function recordingClient(map: ImageRef, bytes: Uint8Array<ArrayBuffer>) {
  const uploads: string[] = []
  const asked: AnnotateRequest[] = []
  const client = {
    describe: () => Promise.resolve({ blob: blob('a'), width: 2, height: 1, format: 'rgba8' } as const),
    upload: ({ blob: name }: ImageRef) => Promise.resolve(void uploads.push(name)),
    annotate: (request: AnnotateRequest) => {
      asked.push(request)
      return Promise.resolve(map)
    },
    mapPixels: () => Promise.resolve(bytes)
  }
  return { client, uploads, asked }
}

const grey: ImageRef = { blob: blob('b'), width: 2, height: 1, format: 'gray8' }

it('sends a picture once for all of its maps, and gives grey maps as opaque pictures', async () => {
  const { client, uploads, asked } = recordingClient(grey, Uint8Array.of(7, 255))
  const makeMap = createMapMaker(client)
  const { signal } = new AbortController()
  const map = await makeMap(picture, { annotator: 'canny', parameters: { low: 1 }, side: 512 }, signal)
  await makeMap(picture, { annotator: 'blur' }, signal)
  expect([...map.data]).toEqual([7, 7, 7, 255, 255, 255, 255, 255])
  expect(uploads).toEqual([blob('a')])
  expect(asked.map(({ annotator, image, side }) => [annotator, image.blob, side])).toEqual([
    ['canny', blob('a'), 512],
    ['blur', blob('a'), undefined]
  ])
})

it('asks nothing more once it is cancelled', async () => {
  const { client, asked } = recordingClient(grey, Uint8Array.of(0, 0))
  const stop = new AbortController()
  const making = createMapMaker(client)(picture, { annotator: 'canny' }, stop.signal)
  stop.abort(new Error('no longer wanted'))
  await expect(making).rejects.toThrow('no longer wanted')
  expect(asked).toEqual([])
})
