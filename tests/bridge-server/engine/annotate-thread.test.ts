import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBlobStore, type BlobStore } from '../../../bridge-server/jobs/blobs.ts'
import type { AnnotateRequest } from '../../../bridge-server/protocol/annotators.ts'
import type { ImageRef } from '../../../bridge-server/protocol/images.ts'
import { createThread, type Thread } from '../../../bridge-server/thread/thread.ts'

let folder = ''
let blobs: BlobStore
let thread: Thread<AnnotateRequest, ImageRef>
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-maps-'))
  blobs = await createBlobStore(folder)
  thread = createThread({
    entry: path.resolve(import.meta.dirname, '../../../bridge-server/engine/annotate-worker.ts'),
    settings: folder,
    graceMs: 50,
    mostWaiting: 16
  })
})
afterAll(async () => {
  thread.stop()
  await rm(folder, { recursive: true, force: true })
})

const patient = new AbortController().signal

const requestOf = async (annotator: string, side = 2, rest: Partial<AnnotateRequest> = {}) => {
  const data = Uint8Array.from({ length: side * side }, (_, i) => (i * 7919) % 256)
  return {
    annotator,
    image: { blob: await blobs.put(data), width: side, height: side, format: 'gray8' as const },
    ...rest
  }
}

test('a map comes back as a blob', async () => {
  const image = await thread.ask(await requestOf('invert'), patient)
  expect(image).toMatchObject({ width: 2, height: 2, format: 'rgba8' })
  expect([...(await blobs.get(image.blob))].slice(0, 8)).toEqual([255, 255, 255, 255, 16, 16, 16, 255])
})

test.each([
  ['nothing', {}, 'not-found'],
  ['threshold', { parameters: { limit: 256 } }, 'bad-message'],
  ['threshold', { parameters: { strange: 1 } }, 'bad-message'],
  ['invert', { image: { blob: 'f'.repeat(64), width: 1, height: 1, format: 'gray8' } }, 'blob-missing']
] as const)('what is wrong with a request is told: %s %j', async (annotator, rest, code) => {
  await expect(thread.ask(await requestOf(annotator, 2, rest), patient)).rejects.toMatchObject({ code })
})

test('a picture is looked at smaller, and its map stretched back, where that is asked for', async () => {
  const small = await thread.ask(await requestOf('threshold', 256, { side: 64 }), patient)
  expect([small.width, small.height]).toEqual([64, 64])
  const full = await thread.ask(await requestOf('threshold', 256, { side: 64, fullSize: true }), patient)
  expect([full.width, full.height]).toEqual([256, 256])
})

test('who goes away does not wait, and the next map comes even so', async () => {
  const controller = new AbortController()
  const map = thread.ask(await requestOf('invert', 4096), controller.signal)
  setTimeout(() => controller.abort(new Error('away')), 20)
  await expect(map).rejects.toThrow('away')
  expect(await thread.ask(await requestOf('invert'), patient)).toMatchObject({ width: 2 })
})

test('the thread of whoever asks stays free', async () => {
  const request = await requestOf('threshold', 4096)
  await thread.ask(await requestOf('invert'), patient)
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const started = performance.now()
  await thread.ask(request, patient)
  const took = performance.now() - started
  delay.disable()
  // On a machine with other work both grow.
  expect(delay.max / 1e6).toBeLessThan(Math.max(50, took / 4))
})
