import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { AppError } from '../../../bridge-server/errors.ts'
import { createJobStore, type JobStore } from '../../../bridge-server/jobs/job-store.ts'
import type { JobEvent, RunJob } from '../../../bridge-server/jobs/job.ts'
import { createPreviews } from '../../../bridge-server/jobs/previews.ts'
import { createQueue, type Queue } from '../../../bridge-server/jobs/queue.ts'
import type { JobResult } from '../../../bridge-server/protocol/results.ts'
import { aRequest } from '../../support/bridge.ts'

const client = 'client-of-tests'
const result: JobResult = {
  area: { x: 0, y: 0, width: 1, height: 1 },
  variations: [],
  workingSize: { width: 1, height: 1 },
  seconds: 1
}

let folder = ''
let store: JobStore
let ran: string[]
/** Lets the running job end, as the test says. */
let end: { resolve: (result: JobResult) => void; reject: (error: Error) => void }
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-queue-'))
  store = createJobStore(path.join(folder, 'jobs.db'))
  ran = []
})
afterEach(async () => {
  store.close()
  await rm(folder, { recursive: true })
})

const held: RunJob = (job, { signal }) => {
  ran.push(job.id)
  return new Promise((resolve, reject) => {
    end = { resolve, reject }
    signal.addEventListener('abort', () => reject(new Error('aborted')))
  })
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function open(run: RunJob = held, now: () => number = Date.now) {
  const queue = createQueue({ store, previews: createPreviews(), run, now, report: () => undefined })
  const events: JobEvent[] = []
  queue.listen(client, (event) => events.push(event))
  queue.start()
  return { queue, events }
}

const submit = (queue: Queue, ...ids: string[]): void => {
  for (const id of ids) queue.submit(client, id, aRequest({ prompt: id }))
}

const short = (events: readonly JobEvent[]): string[] =>
  events.map((event) => `${event.jobId} ${event.type}${event.type === 'queued' ? ` ${event.position}` : ''}`)

it('runs one job at a time, in order, and tells every change of place', async () => {
  const { queue, events } = open()
  submit(queue, 'a', 'b', 'c')
  expect(ran).toEqual(['a'])
  end.resolve(result)
  await tick()
  expect(ran).toEqual(['a', 'b'])
  expect(short(events)).toEqual([
    ...['a queued 1', 'a started', 'b queued 1', 'c queued 2'],
    ...['a done', 'c queued 1', 'b started']
  ])
})

it('keeps a result before it tells of it', async () => {
  const { queue, events } = open()
  let kept: unknown
  queue.listen(client, (event) => {
    if (event.type === 'done') kept = store.find(client, 'a')?.job
  })
  submit(queue, 'a')
  end.resolve(result)
  await tick()
  expect(events.at(-1)).toEqual({ type: 'done', jobId: 'a', result })
  expect(kept).toMatchObject({ state: 'done', result })
})

it('cancels a waiting job without a run, and a running one through its signal', async () => {
  const { queue, events } = open()
  submit(queue, 'a', 'b', 'c')
  queue.cancel(client, 'b')
  queue.cancel(client, 'a')
  await tick()
  expect(ran).toEqual(['a', 'c'])
  expect(short(events).filter((text) => text.includes('cancelled'))).toEqual(['b cancelled', 'a cancelled'])
  expect(store.find(client, 'a')?.job.state).toBe('cancelled')
})

it('lets cancel win over a result that comes after it', async () => {
  const stubborn: RunJob = () => new Promise((resolve, reject) => (end = { resolve, reject }))
  const { queue, events } = open(stubborn)
  submit(queue, 'a')
  queue.cancel(client, 'a')
  end.resolve(result)
  await tick()
  expect(short(events).at(-1)).toBe('a cancelled')
})

it('moves jobs, past the end to the end, and keeps the order over a restart', async () => {
  const { queue } = open()
  submit(queue, 'a', 'b', 'c', 'd')
  queue.reorder(client, 'd', 1)
  queue.reorder(client, 'b', 99)
  const order = (all: Queue): string[] => ['d', 'c', 'b'].sort((x, y) => place(all, x) - place(all, y))
  const place = (all: Queue, id: string): number => all.find(client, id).job.position ?? 0
  expect(order(queue)).toEqual(['d', 'c', 'b'])
  await queue.stop()
  const again = open()
  expect(ran).toEqual(['a', 'a'])
  expect(order(again.queue)).toEqual(['d', 'c', 'b'])
})

it('tells nothing of a job to others, who may have a job of the same id', () => {
  const { queue, events } = open()
  submit(queue, 'a')
  const before = events.length
  queue.submit('another-client', 'a', aRequest({ prompt: 'not the same' }))
  expect(events).toHaveLength(before)
  expect(() => queue.find('a-third-client', 'a')).toThrow('There is no job a.')
  expect(queue.list(client, { limit: 10 }).jobs).toHaveLength(1)
  expect(queue.standing('another-client')).toEqual([{ type: 'queued', jobId: 'a', position: 1 }])
})

it('tries a job again when the engine dies, and gives it up the second time', async () => {
  const died = () => new AppError('engine-died', { message: 'It died.' })
  const { queue, events } = open()
  submit(queue, 'a', 'b')
  end.reject(died())
  await tick()
  expect(ran).toEqual(['a', 'a'])
  end.reject(died())
  await tick()
  expect(ran).toEqual(['a', 'a', 'b'])
  expect(events.filter(({ type }) => type === 'failed')).toEqual([
    { type: 'failed', jobId: 'a', error: { code: 'engine-died', message: 'It died.' } }
  ])
})

it('does not try a job again that fails for a reason of its own', async () => {
  const { queue } = open()
  submit(queue, 'a')
  end.reject(new AppError('prompt-invalid', { message: 'A bracket is open.' }))
  await tick()
  expect(ran).toEqual(['a'])
  expect(queue.find(client, 'a').job).toMatchObject({ state: 'failed', error: { code: 'prompt-invalid' } })
})

it('after the death of the server runs the interrupted job first, and gives it up after the second', () => {
  submit(open().queue, 'a', 'b')
  expect(store.find(client, 'a')?.job.state).toBe('running')
  const second = open()
  expect(ran).toEqual(['a', 'a'])
  expect(second.queue.find(client, 'b').job.position).toBe(1)
  const third = open()
  expect(ran).toEqual(['a', 'a', 'b'])
  expect(third.queue.find(client, 'a').job).toMatchObject({
    state: 'failed',
    error: { code: 'engine-died', message: expect.stringContaining('2 times') as unknown }
  })
})

it('counts no attempt when it is stopped in order', async () => {
  for (let i = 0; i < 5; i++) {
    const { queue } = open()
    if (i === 0) submit(queue, 'a')
    await queue.stop()
    expect(store.find(client, 'a')).toMatchObject({ attempts: 0, job: { state: 'queued', started: null } })
  }
})

it('thins out progress to ten a second and tells the time left from the time of a step', async () => {
  let time = 0
  const run: RunJob = (_job, { onProgress }) => {
    const at = { phase: 'sampling', variation: 0, variations: 1, steps: 100 } as const
    onProgress({ ...at, phase: 'encoding', step: 0 })
    for (let step = 0; step <= 100; step++) {
      onProgress({ ...at, step })
      time += 20
    }
    return Promise.resolve(result)
  }
  const { queue, events } = open(run, () => time)
  submit(queue, 'a')
  await tick()
  const progress = events.filter((event) => event.type === 'progress')
  expect(progress.length).toBeLessThan(25)
  expect(progress.slice(0, 2).map(({ phase }) => phase)).toEqual(['encoding', 'sampling'])
  expect(progress[1]?.etaSeconds).toBeNull()
  expect(progress.find(({ step }) => step === 50)?.etaSeconds).toBeCloseTo(1, 5)
  expect(progress.at(-1)).toMatchObject({ step: 100, etaSeconds: 0 })
})

it('shows five previews of a variation a second, and the first of each', async () => {
  let time = 0
  const run: RunJob = ({ request: { area } }, { onPreview }) => {
    for (const variation of [0, 1])
      for (let i = 0; i < 20; i++, time += 50)
        onPreview({ variation, area, width: 1, height: 1, bytes: new Uint8Array([variation, i, 0, 0]) })
    return Promise.resolve(result)
  }
  const { queue, events } = open(run, () => time)
  submit(queue, 'a')
  await tick()
  const variations = events.filter((event) => event.type === 'preview').map(({ variation }) => variation)
  expect(variations).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
})

it('takes a thousand jobs, and has them again soon after a restart', { timeout: 60_000 }, () => {
  const { queue } = open()
  for (let i = 0; i < 1000; i++) submit(queue, `job-${i}`)
  expect(queue.find(client, 'job-999').job.position).toBe(999)
  const started = performance.now()
  const again = open()
  expect(again.queue.find(client, 'job-999').job.position).toBe(999)
  expect(performance.now() - started).toBeLessThan(2000)
})
