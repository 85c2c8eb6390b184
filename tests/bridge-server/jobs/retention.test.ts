import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { createJobStore } from '../../../bridge-server/jobs/job-store.ts'
import { createPreviews } from '../../../bridge-server/jobs/previews.ts'
import { createQueue } from '../../../bridge-server/jobs/queue.ts'
import { expiredJobs, type KeptJob } from '../../../bridge-server/jobs/retention.ts'
import { aRequest } from '../../support/bridge.ts'

const day = 86_400_000
const unlimited = { jobs: Infinity, days: Infinity, bytes: Infinity }

/** A job that finished `key` days after 1970 and has a blob of ten bytes for itself. */
const kept = (key: number, changes: Partial<KeptJob> = {}): KeptJob => ({
  ...{ key, finished: key * day, starred: false, blobs: [{ blob: `blob-${key}`, bytes: 10 }] },
  ...changes
})
const five = [1, 2, 3, 4, 5].map((key) => kept(key))
const expired = (jobs: readonly KeptJob[], limits: Partial<typeof unlimited>): readonly number[] =>
  [...expiredJobs(jobs, { ...unlimited, ...limits }, 5 * day)].sort()

it('keeps everything without limits', () => {
  expect(expired(five, {})).toEqual([])
})

it('keeps the newest by count, age and bytes', () => {
  expect(expired(five, { jobs: 2 })).toEqual([1, 2, 3])
  expect(expired(five, { days: 1 })).toEqual([1, 2, 3])
  expect(expired(five, { bytes: 35 })).toEqual([1, 2])
  expect(expired(five, { jobs: 4, days: 2, bytes: 45 })).toEqual([1, 2])
})

it('never lets go of what is starred or unfinished, whose bytes count', () => {
  const jobs = [kept(1, { starred: true }), kept(2, { finished: null }), ...five.slice(2)]
  expect(expired(jobs, { jobs: 0, days: 0, bytes: 0 })).toEqual([3, 4, 5])
  expect(expired(jobs, { bytes: 30 })).toEqual([3, 4])
})

it('counts a blob that several jobs name once', () => {
  const shared = five.map((job) => ({ ...job, blobs: [{ blob: 'one', bytes: 10 }] }))
  expect(expired(shared, { bytes: 10 })).toEqual([])
  expect(expired(shared, { bytes: 9 })).toEqual([1, 2, 3, 4, 5])
})

it('in the database: a star keeps a job and its blobs, and counts after a restart', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'marquee-retention-'))
  const open = () => createJobStore(path.join(folder, 'jobs.db'))
  const queueOver = (store: ReturnType<typeof open>) =>
    createQueue({
      store,
      previews: createPreviews(),
      now: Date.now,
      report: () => undefined,
      run: ({ request }) =>
        Promise.resolve({
          area: request.area,
          variations: [
            {
              pixels: { blob: request.prompt.repeat(64), width: 64, height: 64, format: 'rgba8' },
              seed: 1
            }
          ],
          workingSize: request.canvas,
          seconds: 1
        })
    })
  const store = open()
  const queue = queueOver(store)
  queue.start()
  for (const id of ['a', 'b', 'c']) queue.submit('client-1', id, aRequest({ prompt: id }))
  while (queue.find('client-1', 'c').job.state !== 'done') await new Promise(setImmediate)
  queue.star('client-1', 'a', true)
  expect(() => queue.star('client-2', 'a', false)).toThrow('There is no job a.')
  expect(queue.find('client-1', 'a').job.starred).toBe(true)
  store.close()

  const again = open()
  const later = queueOver(again)
  later.prune({ ...unlimited, bytes: 2 * 64 * 64 * 4 })
  const ids = (): string[] => later.list('client-1', { limit: 10 }).jobs.map(({ id }) => id)
  expect(ids()).toEqual(['c', 'a'])
  expect([...again.blobs()].sort()).toEqual(['a'.repeat(64), 'c'.repeat(64)])
  later.star('client-1', 'a', false)
  later.prune({ ...unlimited, jobs: 0 })
  expect(ids()).toEqual([])
  again.close()
  await rm(folder, { recursive: true })
})
