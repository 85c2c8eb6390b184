import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { AppError } from '../../../bridge-server/errors.ts'
import type { RunJob } from '../../../bridge-server/jobs/job.ts'
import { logJobs } from '../../../bridge-server/server/job-log.ts'
import { aRequest, newJobId, openSocket, startBridge, testToken } from '../../support/bridge.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const run: RunJob = ({ request }) =>
  request.prompt === 'fails'
    ? Promise.reject(new AppError('out-of-memory', { message: 'Too large.' }))
    : Promise.resolve({ area: request.area, variations: [], workingSize: request.area, seconds: 3 })

async function aBridge() {
  const bridge = await startBridge({ run: () => run })
  const socket = await openSocket(bridge.port, 'a-secret-client')
  closing.push(async () => {
    socket.close()
    await bridge.close()
  })
  await socket.hello()
  const generate = async (prompt: string, last: 'done' | 'failed') => {
    const jobId = newJobId()
    socket.say({ type: 'generate', jobId, request: aRequest({ prompt }) })
    await socket.next(last, jobId)
    return jobId
  }
  return { bridge, generate }
}

const scrape = (url: string): Promise<Response> =>
  fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${testToken}` } })

/** The value of a line of Prometheus text, labels in any order. */
function valueOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const line = text
    .split('\n')
    .find(
      (each) =>
        (each.startsWith(`${name} `) || each.startsWith(`${name}{`)) &&
        Object.entries(labels).every(([label, value]) => each.includes(`${label}="${value}"`))
    )
  return Number(line?.split(' ').at(-1))
}

interface Sample {
  readonly line: string
  /** With its suffix, and its labels as they stand. */
  readonly name: string
  readonly labels: string
  readonly value: number
  readonly family: string
}

const label = /[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*"/
const sampleLine = new RegExp(`^([a-zA-Z_:][\\w:]*)(\\{(?:${label.source},?)*\\})? (NaN|[+-]Inf|[-+.\\de]+)$`)

/** The families by name with their types, and the samples in their order. */
function readText(text: string) {
  const types = new Map<string, string>()
  const helped = new Set<string>()
  const samples: Sample[] = []
  for (const line of text.split('\n').slice(0, -1)) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (kind === 'HELP') helped.add(name)
    if (kind === 'TYPE') {
      expect(types.has(name), line).toBe(false)
      types.set(name, rest)
    }
    if (kind !== undefined || line === '') continue
    const [, full = '', labels = '', value = ''] = sampleLine.exec(line) ?? []
    expect(full, line).not.toBe('')
    const family = types.has(full) ? full : full.replace(/_(bucket|sum|count)$/, '')
    // Before the samples, and of each.
    expect([types.has(family), helped.has(family)], line).toEqual([true, true])
    samples.push({ line, name: full, labels, value: Number(value), family })
  }
  return { types, samples }
}

/**
 * The rules of Prometheus' text format 0.0.4 and of `promtool check metrics`: HELP and TYPE once and before the samples, a family's
 * samples together and none twice, counters end in _total, buckets of histograms only grow. Returns the families.
 */
function expectTextFormat(text: string): readonly string[] {
  expect(text.endsWith('\n')).toBe(true)
  const { types, samples } = readText(text)
  expect(new Set(samples.map(({ name, labels }) => name + labels)).size).toBe(samples.length)
  const order = samples.map(({ family }) => family).filter((family, i, all) => family !== all[i - 1])
  expect(new Set(order).size).toBe(order.length)
  for (const [name, type] of types) {
    expect(['counter', 'gauge', 'histogram', 'summary']).toContain(type)
    if (type === 'counter') expect(name).toMatch(/_total$/)
  }
  const counts = new Map<string, number>()
  for (const { line, name, family, labels, value } of samples.filter(({ name }) =>
    name.endsWith('_bucket')
  )) {
    const key = family + labels.replace(/le="[^"]*",?/, '')
    expect(value, `${name} ${line}`).toBeGreaterThanOrEqual(counts.get(key) ?? 0)
    counts.set(key, value)
  }
  return order
}

test('metrics are as Prometheus reads them, also with an odd error code or route in a label', async () => {
  const { bridge, generate } = await aBridge()
  await generate('a', 'done')
  await generate('fails', 'failed')
  await fetch(`${bridge.url}/api/%22%5C%0A`)
  const families = expectTextFormat(await (await scrape(bridge.url)).text())
  const own = families.filter((name) => name.startsWith('marquee_'))
  expect(own.sort()).toEqual([
    ...['marquee_http_request_seconds', 'marquee_info', 'marquee_job_seconds', 'marquee_jobs'],
    ...['marquee_jobs_ended_total', 'marquee_sockets']
  ])
})

test('metrics count what ended and how, sockets and requests', async () => {
  const { bridge, generate } = await aBridge()
  await generate('a', 'done')
  await generate('b', 'done')
  await generate('fails', 'failed')
  await fetch(`${bridge.url}/api/health`)
  const reply = await scrape(bridge.url)
  expect(reply.headers.get('content-type')).toContain('text/plain')
  const text = await reply.text()
  expect(valueOf(text, 'marquee_jobs_ended_total', { state: 'done' })).toBe(2)
  expect(valueOf(text, 'marquee_jobs_ended_total', { state: 'failed', code: 'out-of-memory' })).toBe(1)
  expect(valueOf(text, 'marquee_job_seconds_sum')).toBe(6)
  expect(valueOf(text, 'marquee_jobs', { state: 'queued' })).toBe(0)
  expect(valueOf(text, 'marquee_sockets')).toBe(1)
  expect(valueOf(text, 'marquee_info', { version: '0.0.0', device: 'cpu' })).toBe(1)
  expect(valueOf(text, 'marquee_http_request_seconds_count', { route: '/api/health', status: '200' })).toBe(1)
  expect(valueOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e6)
})

test('metrics need a token, and name neither clients nor prompts', async () => {
  const { bridge, generate } = await aBridge()
  expect((await fetch(`${bridge.url}/metrics`)).status).toBe(401)
  const jobId = await generate('a secret prompt', 'done')
  const text = await (await scrape(bridge.url)).text()
  for (const secret of ['secret', jobId, testToken]) expect(text).not.toContain(secret)
})

test('/health answers without a token', async () => {
  const { bridge } = await aBridge()
  const reply = await fetch(`${bridge.url}/health`)
  expect(await reply.json()).toMatchObject({ name: 'marquee', version: '0.0.0' })
})

test('the log tells each turn of a job with its id, once, and no prompt', async () => {
  const { bridge, generate } = await aBridge()
  const lines: { msg: string; job: string; seconds?: number; error?: { code: string } }[] = []
  const write = (text: string): void => {
    expect(text).not.toContain('a secret prompt')
    lines.push(JSON.parse(text) as (typeof lines)[number])
  }
  logJobs(bridge.queue, pino({ level: 'info' }, { write }))
  const done = await generate('a secret prompt', 'done')
  expect(lines.map(({ msg, job }) => [msg, job])).toEqual([
    ['job queued', done],
    ['job started', done],
    ['job done', done]
  ])
  expect(lines.at(-1)?.seconds).toBe(3)
  lines.length = 0
  const failed = await generate('fails', 'failed')
  expect(lines.at(-1)).toMatchObject({ msg: 'job failed', job: failed, error: { code: 'out-of-memory' } })
})
