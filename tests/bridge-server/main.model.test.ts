import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TSchema } from 'typebox'
import { Clean } from 'typebox/value'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { decodePicture } from '../../bridge-server/image/codec.ts'
import type { GenerateRequest } from '../../bridge-server/protocol/request.ts'
import { Catalogue } from '../../bridge-server/protocol/catalogue.ts'
import { DownloadList } from '../../bridge-server/protocol/downloads.ts'
import { ServerMessage } from '../../bridge-server/protocol/messages.ts'
import { Job, JobList } from '../../bridge-server/protocol/results.ts'
import { Health, ServerStatus } from '../../bridge-server/protocol/status.ts'
import { TokenList } from '../../bridge-server/protocol/tokens.ts'
import { aRequest, newJobId, openSocket, sha256 } from '../support/bridge.ts'

const main = path.resolve(import.meta.dirname, '../../bridge-server/main.ts')
const loader = new URL('../../bridge-server/typescript-with-schemas.mjs', import.meta.url).href
const client = 'client-of-tests'

let data = ''
let servers: ChildProcess[] = []
beforeAll(async () => {
  data = await mkdtemp(path.join(tmpdir(), 'marquee-main-'))
})
afterEach(async () => {
  for (const server of servers) await stopped(server, 'SIGKILL')
  servers = []
})
afterAll(() => rm(data, { recursive: true, force: true }))

const run = (...args: string[]): ChildProcess => {
  const server = spawn(process.execPath, ['--import', loader, main, '--data', data, '--no-open', ...args], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  servers.push(server)
  return server
}

async function stopped(server: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (server.exitCode !== null || server.signalCode !== null) return server.exitCode
  server.kill(signal)
  return new Promise((resolve) => server.once('exit', resolve))
}

/** Starts the program that `npm start` runs and waits for its one line. */
async function serve() {
  const server = run('--port', '0')
  let out = ''
  let errors = ''
  server.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const line = await new Promise<string>((resolve, reject) => {
    server.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      if (out.includes('\n')) resolve(out)
    })
    server.on('exit', (code) => reject(new Error(`The server ended with ${String(code)}: ${errors}`)))
  })
  const [, port, token] = /^Marquee is ready at http:\/\/localhost:(\d+)\/#token=(\S+)\n$/.exec(line) ?? []
  expect(token, line).toBeDefined()
  const url = `http://localhost:${String(port)}`
  const headers = { authorization: `Bearer ${String(token)}`, 'x-marquee-client': client }
  return {
    ...{ server, url, token },
    output: () => out,
    call: (where: string) => fetch(`${url}${where}`, { headers }),
    put: (bytes: Uint8Array<ArrayBuffer>) =>
      fetch(`${url}/api/blobs/${sha256(bytes)}`, {
        method: 'PUT',
        body: bytes,
        headers: { ...headers, 'content-type': 'application/octet-stream' }
      }),
    connect: async () => {
      const socket = await openSocket(Number(port), client)
      await socket.hello({ token })
      return socket
    }
  }
}

/** Engine processes of a server. */
const enginesOf = ({ pid }: ChildProcess): number[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match?.[2] === String(pid) && match[3]?.includes('engine-process'))
    .map((match) => Number(match?.[1]))

const request = (changes: Partial<GenerateRequest> = {}): GenerateRequest =>
  aRequest({
    canvas: { width: 128, height: 128 },
    area: { x: 0, y: 0, width: 128, height: 128 },
    sampling: { sampler: 'euler', schedule: 'karras', steps: 4, guidance: 3, seed: 1 },
    ...changes
  })

const long = (): GenerateRequest => request({ sampling: { ...request().sampling, steps: 150 }, count: 8 })

it('makes a picture: progress, previews, then pixels as raw bytes and as PNG', async () => {
  const { connect, call, server, output } = await serve()
  const socket = await connect()
  const jobId = newJobId()
  socket.say({ type: 'generate', jobId, request: request({ count: 2 }) })
  const { result } = await socket
    .until(() => socket.messages.find((m) => m.type === 'done' || m.type === 'failed'))
    .then((last) => (last.type === 'done' ? last : Promise.reject(new Error(JSON.stringify(last)))))
  const progress = socket.messages.filter((m) => m.type === 'progress')
  expect(progress.map(({ step }) => step)).toEqual(
    [...progress.map(({ step }) => step)].sort((a, b) => a - b)
  )
  expect(progress.at(-1)).toMatchObject({ steps: 8, step: 8, variations: 2 })
  expect(new Set(progress.map(({ phase }) => phase))).toContain('sampling')
  expect(result.variations.map(({ seed }) => seed)).toEqual([1, 2])
  const [first] = result.variations
  const image = `/api/jobs/${jobId}/images/${first!.pixels.blob}`
  const raw = new Uint8Array(await (await call(image)).arrayBuffer())
  expect(raw).toHaveLength(128 * 128 * 4)
  expect(new Set(raw).size).toBeGreaterThan(32)
  const png = await decodePicture(new Uint8Array(await (await call(`${image}?as=png`)).arrayBuffer()))
  expect(Buffer.from(png.data).equals(Buffer.from(raw))).toBe(true)
  expect(await stopped(server, 'SIGTERM')).toBe(0)
  expect(output().split('\n')).toHaveLength(2)
})

it('tells no more than its schemas say, and nothing of its environment', async () => {
  process.env.SECRET_OF_TESTS = 'a secret in the environment'
  const { call, connect } = await serve()
  delete process.env.SECRET_OF_TESTS
  const socket = await connect()
  const jobId = newJobId()
  socket.say({ type: 'generate', jobId, request: request() })
  await socket.next('done', jobId)
  const answers = new Map<string, TSchema>([
    ['/health', Health],
    ['/api/status', ServerStatus],
    ['/api/catalogue', Catalogue],
    ['/api/jobs', JobList],
    [`/api/jobs/${jobId}`, Job],
    ['/api/downloads', DownloadList],
    ['/api/tokens', TokenList]
  ])
  for (const [url, schema] of answers) {
    const text = await (await call(url)).text()
    expect(text, url).not.toContain('a secret in the environment')
    expect(Clean(schema, JSON.parse(text)), url).toEqual(JSON.parse(text))
  }
  for (const message of socket.messages)
    expect(Clean(ServerMessage, structuredClone(message)), message.type).toEqual(message)
})

it('takes an inpaint job with snapshot and selection from blob to mask', async () => {
  const { connect, put } = await serve()
  const picture = Uint8Array.from({ length: 128 * 128 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i >> 4) % 256))
  const selected = new Uint8Array(128 * 128)
  for (let y = 32; y < 96; y++) selected.fill(255, y * 128 + 32, y * 128 + 96)
  for (const bytes of [picture, selected]) expect((await put(bytes)).status).toBe(201)
  const size = { width: 128, height: 128 }
  const socket = await connect()
  const jobId = newJobId()
  socket.say({
    type: 'generate',
    jobId,
    request: request({
      mode: 'inpaint',
      snapshot: { blob: sha256(picture), ...size, format: 'rgba8' },
      selection: { blob: sha256(selected), ...size, format: 'gray8' }
    })
  })
  const last = await socket.until(() => socket.messages.find((m) => m.type === 'done' || m.type === 'failed'))
  expect(last).toMatchObject({ type: 'done', result: { mask: { format: 'gray8', ...size } } })
})

it('stops a cancelled job within a step and starts the next', async () => {
  const { connect } = await serve()
  const socket = await connect()
  const [cancelled, next] = [newJobId(), newJobId()]
  socket.say({ type: 'generate', jobId: cancelled, request: long() })
  socket.say({ type: 'generate', jobId: next, request: request() })
  await socket.until(() => socket.messages.find((m) => m.type === 'progress' && m.step >= 3))
  const seen = socket.messages.filter((m) => m.type === 'progress').at(-1)!.step
  const asked = performance.now()
  socket.say({ type: 'cancel', jobId: cancelled })
  await socket.next('cancelled', cancelled)
  expect(performance.now() - asked).toBeLessThan(1500)
  const late = socket.messages.filter((m) => m.type === 'progress' && m.jobId === cancelled).at(-1)
  expect(late?.type === 'progress' && late.step - seen).toBeLessThan(12)
  await socket.next('done', next)
})

it('keeps queue and results over a restart, and runs the interrupted job first', async () => {
  const first = await serve()
  const socket = await first.connect()
  const [done, running, waiting] = [newJobId(), newJobId(), newJobId()]
  socket.say({ type: 'generate', jobId: done, request: request() })
  await socket.next('done', done)
  socket.say({ type: 'generate', jobId: running, request: request({ count: 3, documentId: 'interrupted' }) })
  socket.say({ type: 'generate', jobId: waiting, request: request({ documentId: 'interrupted' }) })
  await socket.until(() =>
    socket.messages.find((m) => m.type === 'progress' && m.jobId === running && m.step > 0)
  )
  const asked = performance.now()
  expect(await stopped(first.server, 'SIGTERM')).toBe(0)
  expect(performance.now() - asked).toBeLessThan(2000)

  const second = await serve()
  expect(second.token).toBe(first.token)
  const back = await second.connect()
  await back.next('done', waiting)
  const { jobs } = (await (await second.call('/api/jobs?document=interrupted')).json()) as { jobs: Job[] }
  expect(jobs.map(({ id, state }) => [id, state])).toEqual([
    [waiting, 'done'],
    [running, 'done']
  ])
  expect(jobs[1]!.finished).toBeLessThan(jobs[0]!.finished!)
  const old = (await (await second.call(`/api/jobs/${done}`)).json()) as Job
  const pixels = await second.call(`/api/jobs/${done}/images/${old.result!.variations[0]!.pixels.blob}`)
  expect((await pixels.arrayBuffer()).byteLength).toBe(128 * 128 * 4)
})

it('outlives the death of its engine: the job is tried again and comes out', async () => {
  const { connect, server, call } = await serve()
  const socket = await connect()
  const jobId = newJobId()
  socket.say({ type: 'generate', jobId, request: request({ count: 4 }) })
  await socket.until(() => socket.messages.find((m) => m.type === 'progress' && m.step > 0))
  const [engine] = enginesOf(server)
  process.kill(engine!, 'SIGKILL')
  await socket.next('done', jobId)
  expect(socket.messages.filter(({ type }) => type === 'started')).toHaveLength(2)
  expect(enginesOf(server)).not.toContain(engine)
  expect((await call('/api/health')).status).toBe(200)
})

it('lets no second server onto its data folder, and says where the first one is', async () => {
  const { url } = await serve()
  const second = run('--port', '0')
  let errors = ''
  second.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  expect(await new Promise((resolve) => second.once('exit', resolve))).toBe(1)
  expect(errors).toContain(data)
  expect(errors).toContain(url)
})
