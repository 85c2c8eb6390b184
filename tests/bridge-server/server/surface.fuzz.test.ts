import { Agent, request as httpRequest } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PROTOCOL_VERSION } from '../../../bridge-server/protocol/messages.ts'
import { apiTable } from '../../../bridge-server/server/api-table.ts'
import { AppError } from '../../../bridge-server/errors.ts'
import { aRequest, noDownloads, sha256, startBridge, testToken } from '../../support/bridge.ts'
import { createRandom } from '../../support/random.ts'

// Sends what nobody means to the running server: messages made to the schemas, then broken. Every run is the same.

const socketMessages = 90_000
const httpRequests = 10_000
/** Below the burst of one socket. */
const perSocket = 900
const client = 'client-of-fuzz'

const refuse = () =>
  Promise.reject(new AppError('not-found', { message: 'There is nothing behind the routes here.' }))

let bridge: Awaited<ReturnType<typeof startBridge>>
beforeAll(async () => {
  bridge = await startBridge({
    ...{ readPrompt: refuse, annotate: refuse },
    models: { choose: refuse, addFolder: refuse, removeFolder: refuse, receive: refuse },
    downloads: {
      ...noDownloads,
      start: refuse,
      pause: refuse,
      resume: refuse,
      cancel: refuse,
      remove: refuse
    },
    run:
      () =>
      ({ request }) =>
        Promise.resolve({ area: request.area, variations: [], workingSize: request.canvas, seconds: 0 })
  })
})
afterAll(() => bridge.close())

const oddities: readonly unknown[] = [
  ...[null, true, -1, 0, 0.5, 1e308, -0, 2 ** 53, '', ' ', '\0', '\ud800', 'a'.repeat(5000), [], {}, [[]]],
  ...[
    '__proto__',
    'constructor',
    '../../etc/passwd',
    '%00',
    "'; DROP TABLE jobs; --",
    'queued',
    '💥'.repeat(99)
  ]
]

function createMaker(random: () => number) {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const jobIds = Array.from({ length: 50 }, (_, i) => `job-of-fuzz-${i}`)
  const image = (): object => ({ blob: sha256(Buffer.of(1)), width: 1, height: 1, format: 'rgba8' })
  const valid = (): object =>
    pick([
      () => ({
        type: 'generate',
        jobId: pick(jobIds),
        request: {
          ...aRequest({ prompt: pick(jobIds) }),
          ...(random() < 0.3 ? { snapshot: image(), selection: image(), depth: image(), mask: {} } : {})
        }
      }),
      () => ({ type: 'cancel', jobId: pick(jobIds) }),
      () => ({ type: 'reorder', jobId: pick(jobIds), position: 1 + Math.floor(random() * 9) }),
      () => ({ type: 'hello', protocol: PROTOCOL_VERSION, token: testToken, client })
    ])()

  /** Replaces, removes or adds one field somewhere. */
  const broken = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || random() < 0.15) return pick(oddities)
    const entries = Object.entries(value)
    const at = Math.floor(random() * (entries.length + 1))
    const entry = entries[at]
    if (entry === undefined) return Object.fromEntries([...entries, [String(pick(oddities)), pick(oddities)]])
    if (random() < 0.2) return Object.fromEntries(entries.filter((_, index) => index !== at))
    return Object.fromEntries(entries.map(([k, v], index) => [k, index === at ? broken(v) : v]))
  }

  /** Breaks the text itself. */
  const garbled = (text: string): string => {
    const at = Math.floor(random() * text.length)
    const way = random()
    if (way < 0.4) return text.slice(0, at)
    if (way < 0.7)
      return text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1)
    return text.slice(0, at) + text.slice(at, at + 40).repeat(3) + text.slice(at)
  }

  const mangled = (made: unknown): string => {
    let value = made
    while (random() < 0.7) value = broken(value)
    const text = JSON.stringify(value)
    return random() < 0.1 ? garbled(text) : text
  }

  return {
    pick,
    message: (): string => mangled(valid()),
    mangled
  }
}

/** Sends messages over a socket of their own; resolves to the number of replies when the server has answered the last one. */
function sendAll(texts: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://localhost:${bridge.port}/api/socket`)
    let replies = 0
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'hello', protocol: PROTOCOL_VERSION, token: testToken, client }))
      for (const text of texts) socket.send(text)
      socket.send(JSON.stringify({ type: 'cancel', jobId: 'the-last-message' }))
    })
    socket.on('message', (data: Buffer) => {
      replies++
      if (data.includes('the-last-message')) socket.close()
    })
    socket.on('close', () => resolve(replies))
    socket.on('error', reject)
  })
}

/** One of each schema that a route takes; what no route takes is not looked for. */
const bodies: Readonly<Record<string, object>> = {
  PromptQuestion: { model: 'pocket', prompt: '(a:1.2) [b|c]', negativePrompt: '', steps: 20 },
  AnnotateRequest: {
    annotator: 'canny',
    image: { blob: sha256(Buffer.of(1)), width: 8, height: 8, format: 'rgba8' },
    ...{ parameters: { low: 100 }, side: 64, fullSize: true }
  },
  ModelChoice: { prediction: 'v', vae: null },
  ModelFolder: { folder: '/models' },
  StartDownload: { unverified: true },
  PairingClaim: { code: '123-456' },
  NewToken: { name: 'a tablet' }
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 })

function ask(method: string, path: string, headers: Record<string, string>, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { agent, host: '127.0.0.1', port: bridge.port, method, path, headers }
    const asking = httpRequest(options, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    // A connection that the server closed while it lay idle: every client asks again on another.
    asking.on('error', (error) => {
      if (!asking.reusedSocket) reject(error)
      else ask(method, path, headers, body).then(resolve, reject)
    })
    asking.end(body)
  })
}

async function expectHealth(): Promise<void> {
  const started = performance.now()
  expect((await fetch(`${bridge.url}/api/health`)).status).toBe(200)
  expect(performance.now() - started).toBeLessThan(2000)
  expect(bridge.bugs).toEqual([])
}

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

/** Bytes that are still in use after a collection; this process is client and server. */
function heap(): number {
  if (typeof collect === 'function') Reflect.apply(collect, undefined, [])
  return process.memoryUsage().heapUsed
}

it(`outlives ${socketMessages} messages on sockets`, { timeout: 300_000 }, async () => {
  const { message } = createMaker(createRandom(1))
  let replies = 0
  let early = 0
  for (let sent = 0; sent < socketMessages; sent += perSocket) {
    replies += await sendAll(Array.from({ length: perSocket }, message))
    if (sent < socketMessages / 4) early = heap()
  }
  expect(replies).toBeGreaterThan(socketMessages)
  // The fifty jobs there can be are there from the first socket on.
  expect(heap() - early).toBeLessThan(16 * 2 ** 20)
  await expectHealth()
})

it(`outlives ${httpRequests} HTTP requests, and none of them is a bug`, { timeout: 300_000 }, async () => {
  const random = createRandom(2)
  const { message, mangled, pick } = createMaker(random)
  const own = `localhost:${bridge.port}`
  const ids = [
    'job-of-fuzz-1',
    'none',
    '..%2f..',
    '%00',
    '%',
    'a'.repeat(300),
    sha256(Buffer.of(1)),
    '%F0%9F%92%A5'
  ]
  const methods = ['GET', 'GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']
  /** Every route there is, with a body as its schema wants it; and addresses of none. */
  const places = [
    ...apiTable.map(({ method, path, body }) => ({
      method,
      path: path.replaceAll(/:[a-z]+/gi, '@'),
      body: body === undefined ? undefined : bodies[body]
    })),
    ...['/api/@', '/@'].map((path) => ({ method: 'GET', path, body: undefined }))
  ]
  const taken = apiTable.flatMap(({ body }) => (body === undefined || body.includes('/') ? [] : [body]))
  expect(Object.keys(bodies).sort()).toEqual([...new Set(taken)].sort())
  const headersFor = (): Record<string, string> => ({
    host: random() < 0.05 ? 'evil.example' : own,
    ...(random() < 0.9 ? { authorization: `Bearer ${random() < 0.9 ? testToken : 'wrong'}` } : {}),
    ...(random() < 0.9 ? { 'x-marquee-client': pick([client, 'x', 'a'.repeat(65), 'client/of/fuzz']) } : {}),
    'content-type': pick([
      'application/json',
      'application/octet-stream',
      'text/plain',
      'x',
      'multipart/form-data'
    ]),
    ...(random() < 0.1 ? { origin: pick(['null', 'https://evil.example', `http://${own}`, '']) } : {}),
    ...(random() < 0.1 ? { 'content-range': pick(['bytes 0-1/2', 'bytes 1-0/2', 'x']) } : {}),
    ...(random() < 0.1 ? { range: pick(['bytes=5-1', 'bytes=0-0', 'bytes=-']), 'if-none-match': '*' } : {})
  })
  const counts = new Map<number, number>()
  const reached = new Set<string>()
  const askOne = async (): Promise<void> => {
    const query = pick([
      '',
      '',
      '?limit=5',
      '?limit=-1',
      '?as=gif',
      '?document=%00',
      '?limit=1&limit=2',
      '?as[]=1',
      '?as=jpeg&side=9',
      '?as=jpeg&side=1e9'
    ])
    const place = pick(places)
    const path = place.path.replaceAll('@', () => pick(ids)) + query
    const method = random() < 0.7 ? place.method : pick(methods)
    const body = place.body === undefined || random() < 0.2 ? message() : mangled(place.body)
    const status = await ask(method, path, headersFor(), method === 'GET' || method === 'HEAD' ? '' : body)
    counts.set(status, (counts.get(status) ?? 0) + 1)
    reached.add(place.path)
    expect(status, `${method} ${path}`).toBeLessThan(500)
  }
  for (let sent = 0; sent < httpRequests; sent += 8) await Promise.all(Array.from({ length: 8 }, askOne))
  for (const status of [200, 400, 401, 403, 404])
    expect(counts.get(status), String(status)).toBeGreaterThan(0)
  expect(reached.size).toBe(new Set(places.map(({ path }) => path)).size)
  agent.destroy()
  await expectHealth()
})
