import { spawn, type ChildProcess } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { GenerateRequest } from '../../bridge-server/protocol/request.ts'
import type { Job } from '../../bridge-server/protocol/results.ts'
import { aRequest, newJobId, openSocket, sha256 } from '../support/bridge.ts'

// Kills processes at points that tests/support/faults.mjs reaches by a job's id, and looks at what is left.

const root = path.resolve(import.meta.dirname, '../..')
const client = 'client-of-deaths'
const weights = path.join('unet', 'diffusion_pytorch_model.safetensors')
const patience = { timeout: 90_000, interval: 20 }

let data = ''
let server: Awaited<ReturnType<typeof serve>>
let socket: Awaited<ReturnType<typeof openSocket>>
/** What a job of each seed comes to where nothing goes wrong. */
const expected = new Map<number, string>()
let serial = 0

beforeAll(async () => {
  data = await mkdtemp(path.join(tmpdir(), 'marquee-deaths-'))
  await mkdir(path.join(data, 'faults'))
  await cp(path.join(root, 'models', 'pocket'), path.join(data, 'models', 'victim'), { recursive: true })
  await restart()
  for (const seed of [1, 2]) {
    const job = await madeJob(newJobId(), request(seed))
    expected.set(seed, job.result!.variations[0]!.pixels.blob)
  }
  expect(expected.get(1)).not.toBe(expected.get(2))
})
afterAll(async () => {
  server.process.kill('SIGKILL')
  await server.ended
  await rm(data, { recursive: true, force: true })
})

async function serve() {
  const loader = new URL('../../bridge-server/typescript-with-schemas.mjs', import.meta.url).href
  const faults = new URL('../support/faults.mjs', import.meta.url).href
  const started: ChildProcess = spawn(
    process.execPath,
    // Weights stay mapped in this mode, so that cutting a file short is felt.
    [
      ...['--import', loader, 'bridge-server/main.ts', '--no-open', '--port', '0', '--mode', 'instant'],
      ...['--data', data]
    ],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_OPTIONS: `--import ${faults}`,
        MARQUEE_FAULTS: path.join(data, 'faults'),
        MARQUEE_VICTIM: path.join(data, 'models', 'victim', weights)
      }
    }
  )
  let log = ''
  started.stderr?.on('data', (text: Buffer) => (log += text.toString()))
  const ended = new Promise<void>((resolve) => started.once('exit', () => resolve()))
  const [, port, token] = await new Promise<RegExpExecArray>((resolve, reject) => {
    void ended.then(() => reject(new Error(`The server ended: ${log}`)))
    createInterface(started.stdout!).on('line', (line) => {
      const address = /localhost:(\d+)\/#token=(\S+)$/.exec(line)
      if (address !== null) resolve(address)
    })
  })
  return {
    ...{ process: started, ended, port: Number(port), token: String(token) },
    log: () => log,
    call: (where: string) =>
      fetch(`http://localhost:${String(port)}${where}`, {
        headers: { authorization: `Bearer ${String(token)}`, 'x-marquee-client': client }
      })
  }
}

async function restart(): Promise<void> {
  server = await serve()
  socket = await openSocket(server.port, client)
  await socket.hello({ token: server.token })
}

function request(seed: number, model = 'pocket'): GenerateRequest {
  return aRequest({
    model,
    sampling: { sampler: 'euler', schedule: 'karras', steps: 4, guidance: 3, seed }
  })
}

const lastWords = (jobId: string) =>
  socket.messages.filter(
    (message) =>
      ['done', 'failed', 'cancelled'].includes(message.type) && 'jobId' in message && message.jobId === jobId
  )

const stateOf = async (jobId: string): Promise<Job> =>
  (await (await server.call(`/api/jobs/${jobId}`)).json()) as Job

async function madeJob(jobId: string, asked: GenerateRequest): Promise<Job> {
  socket.say({ type: 'generate', jobId, request: asked })
  await vi.waitUntil(() => lastWords(jobId).length > 0, patience)
  return stateOf(jobId)
}

/** Asks for the job that dies and one behind it, and waits until both have ended, on whatever server there is by then. */
async function live(victim: string, jobId: string, asked: GenerateRequest): Promise<[Job, Job]> {
  const behind = newJobId()
  const submit = (): void => {
    socket.say({ type: 'generate', jobId, request: asked })
    socket.say({ type: 'generate', jobId: behind, request: request(2) })
  }
  submit()
  const isOver = (): boolean => lastWords(jobId).length > 0 && lastWords(behind).length > 0
  const isDead = (): boolean => server.process.signalCode !== null
  do {
    await vi.waitUntil(() => isDead() || (isOver() && victim === 'engine'), patience)
    if (!isDead()) break
    await restart()
    submit()
    await vi.waitUntil(() => isDead() || isOver(), patience)
  } while (isDead())
  // Everything that could still come has come when the server answers.
  const jobs: [Job, Job] = [await stateOf(jobId), await stateOf(behind)]
  for (const id of [jobId, behind]) expect(lastWords(id)).toHaveLength(1)
  expect(jobs.map(({ state }) => state)).toEqual([jobId, behind].map((id) => lastWords(id)[0]!.type))
  return jobs
}

async function expectPixels(job: Job, seed: number): Promise<void> {
  const { blob } = job.result!.variations[0]!.pixels
  expect(blob).toBe(expected.get(seed))
  const response = await server.call(`/api/jobs/${job.id}/images/${blob}`)
  expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(blob)
}

const jobIdOf = (victim: string, how: string, point: string, times: number): string =>
  `${victim}_${how}_${point}_${times}_${String(serial++).padStart(4, '0')}`

const enginePoints = [
  ...['run', 'loading', 'encoding', 'sampling-0', 'sampling-1', 'sampling-2', 'sampling-3', 'sampling-4'],
  ...['decoding', 'storing', 'before-done']
]
const pairs = (victims: readonly string[], hows: readonly string[], points: readonly string[]) =>
  victims.flatMap((victim) => hows.flatMap((how) => points.map((point) => [victim, how, point] as const)))

describe('a death leaves the job to be made again, alike, and the queue going on', () => {
  it.each([
    ...pairs(['engine'], ['SIGKILL'], enginePoints),
    ...pairs(['engine'], ['abort', 'SIGBUS'], ['loading', 'sampling-2', 'decoding', 'storing']),
    ...pairs(['engine'], ['exit'], ['encoding', 'sampling-3']),
    ...pairs(['engine'], ['SIGKILL'], ['after-done']),
    ...pairs(['server'], ['SIGKILL'], enginePoints),
    ...pairs(
      ['server'],
      ['SIGKILL'],
      ['telling-queued', 'told-queued', 'telling-started', 'told-started', 'telling-done', 'told-done']
    ),
    ...pairs(['both'], ['SIGKILL'], ['sampling-2', 'storing', 'before-done'])
  ])('%s, %s, at %s', async (victim, how, point) => {
    const [job, behind] = await live(victim, jobIdOf(victim, how, point, 1), request(1))
    expect(job.state).toBe('done')
    await expectPixels(job, 1)
    await expectPixels(behind, 2)
  })
})

describe('two deaths in one job give it up, with the reason, and the queue goes on', () => {
  it.each([
    ['engine', 'SIGKILL', 'loading', /SIGKILL/, /memory/],
    ['engine', 'SIGKILL', 'storing', /SIGKILL/, /memory/],
    ['engine', 'abort', 'sampling-2', /SIGABRT/, /--device cpu/],
    ['engine', 'SIGBUS', 'sampling-1', /SIGBUS/, /model file/],
    ['engine', 'exit', 'decoding', /exit code 3/, /log/],
    ['server', 'SIGKILL', 'sampling-1', /ended 2 times/, /smaller size/]
  ] as const)('%s, %s, at %s', async (victim, how, point, words, hint) => {
    const [job, behind] = await live(victim, jobIdOf(victim, how, point, 2), request(1))
    expect(job).toMatchObject({ state: 'failed', error: { code: 'engine-died' } })
    expect(job.error?.message).toMatch(words)
    expect(job.error?.hint).toMatch(hint)
    await expectPixels(behind, 2)
  })
})

describe('a model file that is cut short while it is in use fails the job by its name', () => {
  const starts = (jobId: string): number =>
    socket.messages.filter((message) => message.type === 'started' && message.jobId === jobId).length

  it.each([
    ['before it is opened', 'run', 1],
    ['after its header was read', 'encoding', 1],
    ['while it is mapped: the engine gets a SIGBUS and its second try sees why', 'sampling-1', 2]
  ] as const)('%s', async (_when, point, expectedStarts) => {
    await cp(path.join(root, 'models', 'pocket', weights), path.join(data, 'models', 'victim', weights))
    const jobId = jobIdOf('engine', 'truncate', point, 1)
    const [job, behind] = await live('engine', jobId, request(1, 'victim'))
    expect(job).toMatchObject({ state: 'failed', error: { code: 'model-unreadable' } })
    expect(job.error?.message).toContain('diffusion_pytorch_model.safetensors')
    expect(starts(jobId)).toBe(expectedStarts)
    await expectPixels(behind, 2)
  })
})

it('has every finished result of all these lives, byte for byte', async () => {
  const { jobs } = (await (await server.call('/api/jobs?limit=500')).json()) as { jobs: Job[] }
  const done = jobs.filter(({ state }) => state === 'done')
  expect(done.length).toBeGreaterThan(60)
  for (const job of done) await expectPixels(job, job.request.sampling.seed)
  expect(jobs.filter(({ state }) => state === 'queued' || state === 'running')).toEqual([])
})
