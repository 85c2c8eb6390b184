import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runJob } from '../../../bridge-server/engine/run-job.ts'
import { createBlobStore, type BlobStore } from '../../../bridge-server/jobs/blobs.ts'
import type { Progress } from '../../../bridge-server/jobs/job.ts'
import type { Job } from '../../../bridge-server/protocol/results.ts'
import { aRequest } from '../../support/bridge.ts'
import { fakeModel, fakeModels } from '../../support/fake-model.ts'

let folder = ''
let blobs: BlobStore
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-run-job-'))
  blobs = await createBlobStore(folder)
})
afterEach(() => rm(folder, { recursive: true }))

const models = fakeModels(fakeModel({ sees: [1, 1, 1] }))
const job: Job = {
  ...{ id: 'job-1', state: 'running', created: 0, started: 0, finished: null, position: null },
  ...{ result: null, error: null },
  request: aRequest({ count: 2 })
}

/** Ids of the blobs in the store; each lies in a folder of its first two digits. */
const kept = async (): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true }))
    .map((file) => path.basename(file))
    .filter((id) => id.length === 64)

it('says that it stores, last and with every step done, before the first result is stored', async () => {
  const seen: Progress[] = []
  const phasesAtPut: unknown[] = []
  const put: BlobStore['put'] = async (bytes) => {
    phasesAtPut.push(seen.at(-1)?.phase)
    return blobs.put(bytes)
  }
  const result = await runJob(
    job,
    { blobs: { ...blobs, put }, models },
    {
      signal: new AbortController().signal,
      onProgress: (progress) => void seen.push(progress),
      onPreview: () => undefined
    }
  )
  const storing = seen.filter(({ phase }) => phase === 'storing')
  expect(storing).toEqual([{ phase: 'storing', variation: 1, variations: 2, step: 8, steps: 8 }])
  expect(seen.at(-1)).toBe(storing[0])
  expect(phasesAtPut).toEqual(['storing', 'storing'])
  expect(new Set(await kept())).toEqual(new Set(result.variations.map(({ pixels }) => pixels.blob)))
})

it('stores nothing of a job that is cancelled while its last picture is decoded', async () => {
  const controller = new AbortController()
  const phases: string[] = []
  const made = runJob(
    job,
    { blobs, models },
    {
      signal: controller.signal,
      onProgress({ phase, variation }) {
        phases.push(phase)
        if (phase === 'decoding' && variation === 1) controller.abort(new Error('cancelled by its owner'))
      },
      onPreview: () => undefined
    }
  )
  await expect(made).rejects.toThrow('cancelled by its owner')
  expect(phases).not.toContain('storing')
  expect(await kept()).toEqual([])
})
