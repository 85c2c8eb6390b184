import { afterEach, beforeEach, expect, it } from 'vitest'
import { AppError } from '../../../bridge-server/errors.ts'
import type { RunJob } from '../../../bridge-server/jobs/job.ts'
import { aRequest, newJobId, openSocket, sha256, startBridge, testToken } from '../../support/bridge.ts'

const pixels = new Uint8Array(64 * 64 * 4).fill(200)
const progress = { phase: 'sampling', variation: 0, variations: 1, step: 1, steps: 4 } as const
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Runs that tests hold open: `hold` in the prompt waits for cancel, `fail` fails. */
const scripted =
  (blobs: { put(bytes: Uint8Array): Promise<string> }): RunJob =>
  async (job, { signal, onProgress, onPreview }) => {
    onProgress(progress)
    onPreview({
      variation: 0,
      area: job.request.area,
      width: 1,
      height: 1,
      bytes: new Uint8Array([1, 2, 3, 4])
    })
    if (job.request.prompt.includes('hold'))
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
    if (job.request.prompt.includes('fail'))
      throw new AppError('prompt-invalid', { message: 'A bracket is open.', hint: 'Close it.' })
    if (job.request.prompt.includes('bug')) throw new Error('/home/secret')
    const blob = await blobs.put(pixels)
    return {
      area: job.request.area,
      variations: [{ pixels: { blob, width: 64, height: 64, format: 'rgba8' }, seed: 1 }],
      workingSize: { width: 64, height: 64 },
      seconds: 1
    }
  }

let bridge: Awaited<ReturnType<typeof startBridge>>
beforeEach(async () => {
  bridge = await startBridge({ run: scripted })
})
afterEach(() => bridge.close())

const connected = async (client?: string) => {
  const socket = await openSocket(bridge.port, client)
  await socket.hello()
  return socket
}

it('welcomes a panel that has the token and speaks the protocol', async () => {
  const socket = await connected()
  expect(socket.messages).toEqual([{ type: 'welcome', protocol: 1, version: '0.0.0', device: 'cpu' }])
})

it('turns away a wrong token, another protocol and anyone who does not say hello, and says why', async () => {
  const cases = [
    [{ token: 'no' }, 'unauthorized', /token/],
    [{ protocol: 99 }, 'protocol-version', /99.*1/],
    [{ type: 'cancel', jobId: 'job-00000000' }, 'bad-message', /hello/],
    [{ client: '' }, 'bad-message', /client/]
  ] as const
  for (const [changes, code, words] of cases) {
    const socket = await openSocket(bridge.port)
    await socket.hello(changes)
    const { error } = await socket.next('error')
    expect(error.code).toBe(code)
    expect(error.message).toMatch(words)
    expect(await socket.whenClosed()).toEqual({ code: 1008, reason: code })
  }
})

it('tells a job from queued over started, progress and preview to done, and serves its pixels', async () => {
  const socket = await connected()
  const jobId = newJobId()
  socket.say({ type: 'generate', jobId, request: aRequest() })
  const { result } = await socket.next('done', jobId)
  expect(socket.messages.map(({ type }) => type)).toEqual([
    'welcome',
    'queued',
    'started',
    'progress',
    'preview',
    'done'
  ])
  const blob = result.variations[0]!.pixels.blob
  expect(blob).toBe(sha256(pixels))
  const response = await fetch(`${bridge.url}/api/jobs/${jobId}/images/${blob}`, {
    headers: { authorization: `Bearer ${testToken}`, 'x-marquee-client': 'client-of-tests' }
  })
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(pixels)
})

it('takes the same job twice without harm, and refuses its id for another request', async () => {
  const socket = await connected()
  const jobId = newJobId()
  socket.say({ type: 'generate', jobId, request: aRequest() })
  await socket.next('done', jobId)
  socket.say({ type: 'generate', jobId, request: aRequest() })
  await socket.until(() => socket.messages.filter(({ type }) => type === 'done').length === 2)
  expect(socket.messages.filter(({ type }) => type === 'started')).toHaveLength(1)
  socket.say({ type: 'generate', jobId, request: aRequest({ prompt: 'a blue car' }) })
  expect((await socket.next('error', jobId)).error.code).toBe('job-conflict')
})

it('cancels the running job and starts the next', async () => {
  const socket = await connected()
  const [held, next] = [newJobId(), newJobId()]
  socket.say({ type: 'generate', jobId: held, request: aRequest({ prompt: 'hold' }) })
  socket.say({ type: 'generate', jobId: next, request: aRequest() })
  await socket.next('preview', held)
  socket.say({ type: 'cancel', jobId: held })
  await socket.next('cancelled', held)
  await socket.next('done', next)
})

it('moves a waiting job and tells every place that changed', async () => {
  const socket = await connected()
  const ids = [newJobId(), newJobId(), newJobId()] as const
  for (const jobId of ids)
    socket.say({ type: 'generate', jobId, request: aRequest({ prompt: `hold ${jobId}` }) })
  await socket.next('queued', ids[2])
  socket.say({ type: 'reorder', jobId: ids[2], position: 1 })
  const moved = (jobId: string, position: number) => () =>
    socket.messages.find((m) => m.type === 'queued' && m.jobId === jobId && m.position === position)
  await socket.until(moved(ids[2], 1))
  await socket.until(moved(ids[1], 2))
})

it('gives a panel that comes back the standing of its unfinished jobs, and others nothing', async () => {
  const first = await connected()
  const jobId = newJobId()
  first.say({ type: 'generate', jobId, request: aRequest({ prompt: 'hold' }) })
  await first.next('preview', jobId)
  first.close()
  const back = await connected()
  await back.next('preview', jobId)
  expect(back.messages.map(({ type }) => type)).toEqual(['welcome', 'started', 'progress', 'preview'])
  const stranger = await connected('another-client')
  stranger.say({ type: 'cancel', jobId })
  expect((await stranger.next('error', jobId)).error.code).toBe('not-found')
  await pause(50)
  expect(stranger.messages.map(({ type }) => type)).toEqual(['welcome', 'error'])
})

it('tells all sockets of one client', async () => {
  const sockets = [await connected(), await connected()] as const
  const jobId = newJobId()
  sockets[0].say({ type: 'generate', jobId, request: aRequest() })
  await Promise.all(sockets.map((socket) => socket.next('done', jobId)))
})

it('fails a job with the reason, and hides the text of a bug but logs it', async () => {
  const socket = await connected()
  const [wrong, bug] = [newJobId(), newJobId()]
  socket.say({ type: 'generate', jobId: wrong, request: aRequest({ prompt: 'fail' }) })
  expect((await socket.next('failed', wrong)).error).toEqual({
    code: 'prompt-invalid',
    message: 'A bracket is open.',
    hint: 'Close it.'
  })
  socket.say({ type: 'generate', jobId: bug, request: aRequest({ prompt: 'bug' }) })
  const { error } = await socket.next('failed', bug)
  expect(error.code).toBe('internal')
  expect(JSON.stringify(error)).not.toContain('secret')
  expect(bridge.bugs).toHaveLength(1)
})

it('answers what it does not understand and lives on', async () => {
  const socket = await connected()
  const texts = ['{', '[]', '{"type":"dance"}', '{"type":"generate","jobId":"job-00000001","request":{}}']
  for (const text of texts) socket.raw(text)
  await socket.until(() => socket.messages.length === 5)
  const codes = socket.messages.slice(1).map((m) => (m.type === 'error' ? m.error.code : m.type))
  expect(codes).toEqual(['bad-message', 'unknown-message', 'unknown-message', 'bad-message'])
  const jobId = newJobId()
  socket.say({ type: 'generate', jobId, request: aRequest() })
  await socket.next('done', jobId)
})

it('names the blobs that are missing, and an image whose blob has another size', async () => {
  const socket = await connected()
  const blob = sha256(new Uint8Array([7]))
  const snapshot = { blob, width: 64, height: 64, format: 'rgba8' } as const
  const request = aRequest({ mode: 'img2img', snapshot })
  socket.say({ type: 'generate', jobId: newJobId(), request })
  const missing = await socket.next('error')
  expect(missing.error.code).toBe('blob-missing')
  expect(missing.error.message).toContain(blob)
  await bridge.give(new Uint8Array([7]))
  const jobId = newJobId()
  socket.say({ type: 'generate', jobId, request })
  const { error } = await socket.next('error', jobId)
  expect(error.code).toBe('blob-mismatch')
  expect(error.message).toMatch(/16384 bytes.* 1\./)
})

it('refuses by numbers an area outside the canvas and a picture past the limit', async () => {
  const socket = await connected()
  const outside = newJobId()
  socket.say({
    type: 'generate',
    jobId: outside,
    request: aRequest({ area: { x: 1, y: 0, width: 64, height: 64 } })
  })
  expect((await socket.next('error', outside)).error.message).toContain('64 × 64 at 1, 0')
  const size = { width: 30_000, height: 30_000 }
  const snapshot = { blob: sha256(pixels), ...size, format: 'rgba8' } as const
  const huge = newJobId()
  const request = aRequest({ mode: 'img2img', canvas: size, area: { x: 0, y: 0, ...size }, snapshot })
  socket.say({ type: 'generate', jobId: huge, request })
  const { error } = await socket.next('error', huge)
  expect(error.code).toBe('too-large')
  expect(error.message).toContain('3600000000 bytes')
})
