import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request as secureRequest } from 'node:https'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { createBucket, type Limits } from '../../../bridge-server/server/limits.ts'
import { aRequest, newJobId, openSocket, sha256, startBridge, testToken } from '../../support/bridge.ts'

type Bridge = Awaited<ReturnType<typeof startBridge>>
const bridges: Bridge[] = []
afterEach(async () => {
  for (const bridge of bridges.splice(0)) await bridge.close()
})

async function bridgeWith(limits: Partial<Limits>): Promise<Bridge> {
  const bridge = await startBridge({
    limits,
    run:
      () =>
      (_job, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
  })
  bridges.push(bridge)
  return bridge
}

const headers = { authorization: `Bearer ${testToken}`, 'x-marquee-client': 'client-of-tests' }

async function connected(port: number) {
  const socket = await openSocket(port)
  await socket.hello()
  return socket
}

/** Writes texts to a raw connection, one every `ms`, until it is closed; resolves to all that came back. */
function trickle(port: number, texts: readonly string[], ms: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let reply = ''
    let next = 0
    const timer = setInterval(() => socket.write(texts[next++] ?? 'x'), ms)
    socket.on('data', (data) => (reply += data.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(timer)
      resolve(reply)
    })
  })
}

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1')
)

/** What comes back to a text until the connection is closed. */
function ask(port: number, text: string, address = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, address, () => socket.write(text))
    let reply = ''
    socket.on('data', (data) => (reply += data.toString()))
    socket.on('error', reject)
    socket.on('close', () => resolve(reply))
  })
}

it('a bucket lets a burst pass at once and its rate in the long run', () => {
  let time = 0
  const take = createBucket({ size: 10, perSecond: 2, now: () => time })
  const taken = (): number => Array.from({ length: 20 }, () => take(1)).filter(Boolean).length
  expect(taken()).toBe(10)
  time = 3000
  expect(taken()).toBe(6)
  time = 1_000_000
  expect(taken()).toBe(10)
})

it('closes a socket that floods, and says why; others do not feel it', async () => {
  const { port } = await bridgeWith({ messageBurst: 50, messagesPerSecond: 10 })
  const [flooding, quiet] = [await connected(port), await connected(port)]
  for (let i = 0; i < 100; i++) flooding.say({ type: 'cancel', jobId: 'job-00000000' })
  expect(await flooding.whenClosed()).toEqual({ code: 1008, reason: 'too-many' })
  expect(flooding.messages.at(-1)).toMatchObject({
    error: { code: 'too-many', message: expect.stringContaining('10 a second') as unknown }
  })
  quiet.say({ type: 'cancel', jobId: 'job-00000000' })
  expect((await quiet.next('error')).error.code).toBe('not-found')
})

it('lets so many sockets in, and again when one has gone', async () => {
  const { port } = await bridgeWith({ sockets: 3, socketsOfToken: 2 })
  const [first] = [await connected(port), await connected(port)]
  const third = await openSocket(port)
  await third.hello()
  expect((await third.next('error')).error).toMatchObject({ code: 'too-many' })
  await third.whenClosed()
  first.close()
  await first.whenClosed()
  await connected(port)
  const silent = await openSocket(port)
  const more = await openSocket(port)
  expect((await more.next('error')).error.message).toContain('3 are allowed')
  await more.whenClosed()
  silent.close()
})

it('closes a socket that does not say hello in time', async () => {
  const { port } = await bridgeWith({ helloSeconds: 0.2 })
  const socket = await openSocket(port)
  const { error } = await socket.next('error')
  expect(error.message).toContain('0.2 seconds')
  await socket.whenClosed()
})

it('cuts off headers and bodies that trickle in, and connections that say nothing', async () => {
  const { port } = await bridgeWith({ headerSeconds: 1, idleSeconds: 1, paceSeconds: 1, paceBytes: 1000 })
  const host = `host: localhost:${port}\r\n`
  const [slowHeaders, slowBody, slowBlob, silent] = await Promise.all([
    trickle(port, ['GET /api/health HTTP/1.1\r\n', host, 'x-a: '], 100),
    trickle(
      port,
      [
        `POST /api/pairing/claim HTTP/1.1\r\n${host}content-type: application/json\r\ncontent-length: 900\r\n\r\n{"code":"`
      ],
      100
    ),
    trickle(
      port,
      [
        `PUT /api/blobs/${'a'.repeat(64)} HTTP/1.1\r\n${host}authorization: Bearer ${testToken}\r\n` +
          'content-type: application/octet-stream\r\ncontent-length: 9000\r\n\r\n'
      ],
      100
    ),
    trickle(port, ['GET /api/health HTTP/1.1\r\n'], 5000)
  ])
  expect(slowHeaders).toContain('408')
  for (const reply of [slowBody, slowBlob]) {
    expect(reply).toContain('408')
    expect(reply).toContain('too-slow')
  }
  expect(silent).not.toContain('200')
})

it('cuts off what trickles in after the answer, and under a header that promises another protocol', async () => {
  const { port } = await bridgeWith({ idleSeconds: 3, paceSeconds: 1, paceBytes: 1000 })
  const host = `host: localhost:${port}\r\n`
  const body = 'content-type: application/octet-stream\r\ncontent-length: 9000\r\n\r\n'
  const blob = `PUT /api/blobs/${'a'.repeat(64)} HTTP/1.1\r\n${host}`
  const replies = await Promise.all([
    trickle(port, [`GET /health HTTP/1.1\r\n${host}${body}`], 100),
    trickle(port, [`POST /nowhere HTTP/1.1\r\n${host}${body}`], 100),
    trickle(port, [`${blob}${body}`], 100),
    trickle(port, [`${blob}authorization: Bearer ${testToken}\r\nupgrade: x\r\n${body}`], 100)
  ])
  expect(replies.map((reply) => reply.slice(9, 12))).toEqual(['200', '404', '401', '408'])
})

it('opens sockets nowhere else, and waits for nobody who does not let go of one', async () => {
  const { port } = await bridgeWith({ helloSeconds: 0.1 })
  const upgrade =
    `HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
    'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
  for (const url of ['/', '/health', '/nowhere', '/assets/../nowhere']) {
    const reply = await ask(port, `GET ${url} ${upgrade}`)
    expect(reply).toContain('404 Not Found')
    expect(reply).toContain('Open one at /api/socket.')
  }
  const before = Date.now()
  expect(await ask(port, `GET /api/socket ${upgrade}`)).toContain('101 Switching Protocols')
  expect(Date.now() - before).toBeLessThan(5000)
})

it.each([
  ['400', 'bad-message', 'no request\r\n\r\n'],
  ['400', 'bad-message', 'POST / HTTP/1.1\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n'],
  ['431', 'too-large', `GET / HTTP/1.1\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`]
])('answers what is no request with %s and %s, on every address', async (status, code, text) => {
  const { port } = await bridgeWith({})
  for (const address of hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']) {
    const reply = await ask(port, text, address)
    expect(reply.slice(9, 12)).toBe(status)
    expect(JSON.parse(reply.split('\r\n\r\n')[1]!)).toMatchObject({
      code,
      hint: expect.any(String) as string
    })
  }
})

it('takes so many bytes of one token in an hour', async () => {
  const { url } = await bridgeWith({ uploadBytes: 2500 })
  const put = (fill: number) => {
    const body = new Uint8Array(1000).fill(fill)
    return fetch(`${url}/api/blobs/${sha256(body)}`, {
      method: 'PUT',
      body,
      headers: { ...headers, 'content-type': 'application/octet-stream' }
    })
  }
  const statuses = []
  for (const fill of [1, 2, 3]) statuses.push((await put(fill)).status)
  expect(statuses).toEqual([201, 201, 429])
})

it('queues two thousand jobs of a client, and says so of the next', { timeout: 60_000 }, async () => {
  const { queue } = await bridgeWith({})
  const client = 'client-of-tests'
  for (let i = 0; i <= 2000; i++) queue.submit(client, newJobId(), aRequest())
  expect(() => queue.submit(client, newJobId(), aRequest())).toThrow(
    expect.objectContaining({ code: 'too-many', message: expect.stringContaining('2000') as unknown })
  )
  queue.submit('another-client', newJobId(), aRequest())
})

it('refuses JSON that is deep, wide, long or none, and lives on', async () => {
  const { port, url, bugs } = await bridgeWith({})
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  const deepField = `{"type":"cancel","jobId":${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}}`
  const socket = await connected(port)
  for (const text of [deep, deepField, '{', '"', 'null', '[]', '{"type":"cancel","__proto__":{"jobId":1}}'])
    socket.raw(text)
  await socket.until(() => socket.messages.filter(({ type }) => type === 'error').length === 7)
  expect(JSON.stringify(socket.messages[1])).toContain('deeper than 32')
  for (const message of socket.messages.slice(1))
    expect(message).toMatchObject({ error: { code: /bad-message|unknown-message/ } })
  socket.raw(`{"type":"cancel","jobId":"${'a'.repeat(300_000)}"}`)
  expect((await socket.whenClosed()).code).toBe(1009)

  const post = (body: string) =>
    fetch(`${url}/api/prompt`, {
      method: 'POST',
      body,
      headers: { ...headers, 'content-type': 'application/json' }
    })
  for (const [body, status] of [
    [deep, 400],
    [`{"model":${deep}}`, 400],
    ['{', 400],
    ['{"__proto__":{"model":"x"}}', 400],
    [`"${'a'.repeat(2_000_000)}"`, 413]
  ] as const)
    expect((await post(body)).status, body.slice(0, 20)).toBe(status)
  expect(bugs).toEqual([])
})

it('finds no file behind a path, however it is written', async () => {
  const { url, port } = await bridgeWith({})
  const ways = ['../../tokens.json', '..%2f..%2ftokens.json', '%2e%2e/tokens.json', '....//tokens.json']
  for (const way of [...ways, '..%5ctokens.json', '%00', '/etc/passwd', 'file:///etc/passwd']) {
    for (const place of ['/', '/assets/', '/api/blobs/', '/api/jobs/', '/api/jobs/job-12345678/images/']) {
      const reply = await trickle(
        port,
        [
          `GET ${place}${way} HTTP/1.1\r\nhost: localhost:${port}\r\nauthorization: Bearer ${testToken}\r\n` +
            'x-marquee-client: client-of-tests\r\nconnection: close\r\n\r\n'
        ],
        5
      )
      expect(reply, place + way).toMatch(/^HTTP\/1\.1 4\d\d /)
      expect(reply).not.toContain('root:')
    }
  }
  expect((await fetch(`${url}/api/health`)).status).toBe(200)
})

/** Every address of 127.0.0.0/8 is this computer's only on Linux. */
const canTestTls = process.platform === 'linux' && existsSync('/usr/bin/openssl')

it.skipIf(!canTestTls)(
  'serves others over TLS under the names they know it by, and nobody under another',
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'marquee-tls-'))
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
    const parts = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost']
    execFileSync('openssl', [...parts, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    const tls = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
    const bridge = await startBridge({
      run: () => () => Promise.reject(new Error('no job is expected')),
      // Another address of this computer, which leads nowhere else.
      access: { host: '127.0.0.2', tls }
    })
    bridges.push(bridge)
    const statusFor = (host: string, origin?: string): Promise<number> =>
      new Promise((resolve, reject) => {
        secureRequest(
          {
            ...{ host: '127.0.0.2', port: bridge.port, path: '/api/health', ca: tls.cert },
            ...{ checkServerIdentity: () => undefined, servername: 'localhost' },
            headers: { host, ...(origin === undefined ? {} : { origin }) }
          },
          (response) => {
            response.resume()
            resolve(response.statusCode ?? 0)
          }
        )
          .on('error', reject)
          .end()
      })
    const own = `127.0.0.2:${bridge.port}`
    expect(await statusFor(own)).toBe(200)
    expect(await statusFor(own, `https://${own}`)).toBe(200)
    expect(await statusFor(own, `http://${own}`)).toBe(403)
    expect(await statusFor(`evil.example:${bridge.port}`)).toBe(403)
    await rm(folder, { recursive: true })
  }
)
