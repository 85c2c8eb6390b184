import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createEngine, type Engine } from '../../../bridge-server/engine/supervisor.ts'
import type { PreviewImage, Progress, Stage } from '../../../bridge-server/jobs/job.ts'
import type { Job } from '../../../bridge-server/protocol/results.ts'
import { aRequest, newJobId, openSocket, startBridge } from '../../support/bridge.ts'

let folder = ''
let engine: Engine
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-engine-'))
  engine = createEngine({
    entry: path.join(import.meta.dirname, 'scripted-engine.ts'),
    settings: {
      modelFolders: [],
      modelSettings: 'none',
      cacheFolder: folder,
      blobFolder: folder,
      device: 'auto',
      precision: 'auto',
      env: {},
      memoryBytes: 1,
      mode: 'auto'
    },
    env: process.env,
    graceMs: 300
  })
})
afterEach(async () => {
  engine.stop()
  await rm(folder, { recursive: true, force: true })
})

const jobOf = (prompt: string): Job => ({
  id: newJobId(),
  state: 'running',
  request: aRequest({ prompt }),
  ...{ created: 0, started: 0, finished: null, position: null, result: null, error: null }
})

const stageOf = (
  signal = new AbortController().signal,
  onProgress: Stage['onProgress'] = () => undefined
): Stage => ({
  signal,
  onProgress,
  onPreview: () => undefined
})

it('passes progress, previews with their bytes and the result through, and learns the device', async () => {
  const progress: Progress[] = []
  const previews: PreviewImage[] = []
  expect(engine.device()).toBe('auto')
  const result = await engine.run(jobOf('answer'), {
    signal: new AbortController().signal,
    onProgress: (news) => progress.push(news),
    onPreview: (preview) => previews.push(preview)
  })
  expect(result.workingSize.width).toBe(8)
  expect(progress).toMatchObject([{ phase: 'sampling', step: 1, steps: 2 }])
  expect([...(previews[0]?.bytes ?? [])]).toEqual([9, 8, 7, 6])
  expect(engine.device()).toBe('paper')
})

it('keeps one process for all jobs', async () => {
  const pids = []
  for (const prompt of ['a', 'b']) pids.push((await engine.run(jobOf(prompt), stageOf())).workingSize.height)
  expect(pids[0]).toBe(pids[1])
})

it('cancels politely: the process lives on', async () => {
  const pid = (await engine.run(jobOf('a'), stageOf())).workingSize.height
  const controller = new AbortController()
  const run = engine.run(
    jobOf('hold'),
    stageOf(controller.signal, () => controller.abort())
  )
  await expect(run).rejects.toThrow('aborted')
  expect((await engine.run(jobOf('b'), stageOf())).workingSize.height).toBe(pid)
})

it('kills a process that does not stop, and starts another for the next job', async () => {
  const controller = new AbortController()
  const started = performance.now()
  const run = engine.run(
    jobOf('deaf'),
    stageOf(controller.signal, () => controller.abort())
  )
  await expect(run).rejects.toThrow('aborted')
  expect(performance.now() - started).toBeGreaterThan(300)
  await engine.run(jobOf('a'), stageOf())
})

it('does not start a job that was cancelled before', async () => {
  await expect(engine.run(jobOf('die'), stageOf(AbortSignal.abort()))).rejects.toThrow('aborted')
})

it('says how the process died, and has another for the next job', async () => {
  const before = engine.health()
  await expect(engine.run(jobOf('die'), stageOf())).rejects.toMatchObject({
    code: 'engine-died',
    message: expect.stringContaining('SIGKILL') as unknown,
    hint: expect.stringContaining('memory') as unknown
  })
  await expect(engine.run(jobOf('exit'), stageOf())).rejects.toMatchObject({
    code: 'engine-died',
    message: expect.stringContaining('exit code 3') as unknown
  })
  await engine.run(jobOf('a'), stageOf())
  const { state, starts, ends } = engine.health()
  expect(state).toBe('running')
  expect(starts - before.starts).toBeGreaterThanOrEqual(2)
  expect(ends.slice(-2).map(({ reason }) => reason)).toEqual(['SIGKILL', 'exit code 3'])
})

it('passes errors that a person can act on as they are, and bugs with their stack', async () => {
  await expect(engine.run(jobOf('fail'), stageOf())).rejects.toMatchObject({
    code: 'out-of-memory',
    message: '8 GB are needed, 4 GB are there.',
    hint: 'Choose less.'
  })
  await expect(engine.run(jobOf('bug'), stageOf())).rejects.toThrow('a stack')
})

it('fails with a reason where the process cannot start', async () => {
  const broken = createEngine({
    entry: path.join(folder, 'no-such-file.ts'),
    settings: {
      modelFolders: [],
      modelSettings: 'none',
      cacheFolder: folder,
      blobFolder: folder,
      device: 'cpu',
      precision: 'auto',
      env: {},
      memoryBytes: 1,
      mode: 'auto'
    },
    env: process.env,
    graceMs: 300
  })
  await expect(broken.run(jobOf('a'), stageOf())).rejects.toMatchObject({ code: 'engine-died' })
})

it('under the queue: a job whose engine dies is tried once more, then given up; the next job runs', async () => {
  const bridge = await startBridge({ run: () => engine.run })
  const socket = await openSocket(bridge.port)
  await socket.hello()
  const [once, always, after] = [newJobId(), newJobId(), newJobId()]
  socket.say({ type: 'generate', jobId: once, request: aRequest({ prompt: 'die once' }) })
  socket.say({ type: 'generate', jobId: always, request: aRequest({ prompt: 'die' }) })
  socket.say({ type: 'generate', jobId: after, request: aRequest() })
  await socket.next('done', once)
  const { error } = await socket.next('failed', always)
  expect(error.code).toBe('engine-died')
  await socket.next('done', after)
  const starts = (jobId: string) =>
    socket.messages.filter((m) => m.type === 'started' && m.jobId === jobId).length
  expect([once, always, after].map(starts)).toEqual([2, 2, 1])
  expect(bridge.bugs).toEqual([])
  await bridge.close()
})
