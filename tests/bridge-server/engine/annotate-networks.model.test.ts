import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createEngine, type Engine } from '../../../bridge-server/engine/supervisor.ts'
import { createBlobStore, type BlobStore } from '../../../bridge-server/jobs/blobs.ts'
import type { AnnotateRequest } from '../../../bridge-server/protocol/annotators.ts'
import type { ImageRef } from '../../../bridge-server/protocol/images.ts'
import type { Job } from '../../../bridge-server/protocol/results.ts'
import { aRequest, newJobId } from '../../support/bridge.ts'

// The real engine process, with tiny networks under their published names and the models of a fresh clone.

const root = path.resolve(import.meta.dirname, '../../..')
const patient = new AbortController().signal
const width = 96
const height = 64

let folder = ''
let blobs: BlobStore
let engine: Engine
let image: ImageRef
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-maps-'))
  blobs = await createBlobStore(path.join(folder, 'blobs'))
  engine = engineWith([path.join(root, 'tests/fixtures/annotators'), path.join(root, 'models')])
  const colours = Uint8Array.from({ length: 4 * width * height }, (_, i) =>
    i % 4 === 3 ? 255 : ((i >> 2) % width) * 2 + 20 * (i % 4)
  )
  image = { blob: await blobs.put(colours), width, height, format: 'rgba8' }
})
afterAll(async () => {
  engine.stop()
  await rm(folder, { recursive: true, force: true })
})

const engineWith = (modelFolders: readonly string[]): Engine =>
  createEngine({
    entry: path.join(root, 'bridge-server/engine/engine-process.ts'),
    settings: {
      ...{ modelFolders, modelSettings: path.join(folder, 'none'), cacheFolder: folder },
      ...{ blobFolder: path.join(folder, 'blobs'), device: 'cpu', memoryBytes: 2 ** 31, mode: 'auto' },
      ...{ precision: 'auto', env: process.env }
    },
    env: process.env,
    graceMs: 300
  })

const mapOf = async (annotator: string, rest: Partial<AnnotateRequest> = {}) => {
  const ref = await engine.annotate({ annotator, image, ...rest }, patient)
  return { ...ref, bytes: await blobs.get(ref.blob) }
}

const jobOf = (steps: number): Job => ({
  ...{ id: newJobId(), state: 'running', created: 0, started: 0 },
  request: aRequest({ sampling: { sampler: 'euler', schedule: 'karras', steps, guidance: 3, seed: 1 } }),
  ...{ finished: null, position: null, result: null, error: null }
})

test.each([
  ['depth', 'gray8'],
  ['normal', 'rgba8'],
  ['softedge', 'gray8'],
  ['mlsd', 'gray8'],
  ['openpose', 'rgba8']
] as const)('%s: a map of the picture’s size by its network', async (annotator, format) => {
  const map = await mapOf(annotator)
  expect([map.width, map.height, map.format]).toEqual([width, height, format])
  expect(map.bytes.length).toBe(width * height * (format === 'gray8' ? 1 : 4))
  if (annotator === 'depth') expect(new Set(map.bytes).size).toBeGreaterThan(10)
})

test('a map is ready long before the job beside which it is made', async () => {
  const ends: string[] = []
  const cancel = new AbortController()
  let step = 0
  const job = engine
    .run(jobOf(150), {
      signal: cancel.signal,
      onProgress: (progress) => (step = progress.step),
      onPreview: () => undefined
    })
    .catch(() => undefined)
    .finally(() => ends.push('job'))
  await vi.waitFor(() => expect(step).toBeGreaterThan(0), { timeout: 30_000, interval: 10 })
  await mapOf('softedge', { parameters: { levels: 2 } })
  ends.push('map')
  cancel.abort()
  await job
  expect(ends).toEqual(['map', 'job'])
})

test('a map that nobody wants any more is left at once, and the next is made', async () => {
  const cancel = new AbortController()
  const left = engine.annotate({ annotator: 'softedge', image, side: 64 }, cancel.signal)
  cancel.abort(new Error('no longer wanted'))
  await expect(left).rejects.toThrow('no longer wanted')
  expect((await mapOf('softedge')).width).toBe(width)
})

test('on a fresh clone depth is what the estimator inside a model sees; a network that is not there is said', async () => {
  const fresh = engineWith([path.join(root, 'models')])
  const ref = await fresh.annotate({ annotator: 'depth', image }, patient)
  expect(new Set(await blobs.get(ref.blob)).size).toBeGreaterThan(10)
  await expect(fresh.annotate({ annotator: 'openpose', image }, patient)).rejects.toMatchObject({
    code: 'model-missing',
    hint: expect.stringContaining('body_pose_model.pth') as string
  })
  fresh.stop()
})
