import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import Fastify from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { decodePicture } from '../../../bridge-server/image/codec.ts'
import type { RunJob } from '../../../bridge-server/jobs/job.ts'
import { guardRequests } from '../../../bridge-server/server/security.ts'
import type { Job } from '../../../bridge-server/protocol/results.ts'
import { aRequest, newJobId, openSocket, sha256, startBridge, testToken } from '../../support/bridge.ts'

const pixels = Uint8Array.from({ length: 64 * 64 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 7) % 256))
const mask = Uint8Array.from({ length: 64 * 64 }, (_, i) => i % 256)

const scripted =
  (blobs: { put(bytes: Uint8Array): Promise<string> }): RunJob =>
  async ({ request }, { signal, onPreview }) => {
    onPreview({
      variation: 0,
      area: request.area,
      width: 1,
      height: 1,
      bytes: new Uint8Array([1, 2, 3, 255])
    })
    if (request.prompt === 'hold')
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
    const size = { width: 64, height: 64 }
    return {
      area: request.area,
      variations: [{ pixels: { blob: await blobs.put(pixels), ...size, format: 'rgba8' }, seed: 1 }],
      mask: { blob: await blobs.put(mask), ...size, format: 'gray8' },
      workingSize: size,
      seconds: 1
    }
  }

let bridge: Awaited<ReturnType<typeof startBridge>>
let page = ''
beforeAll(async () => {
  page = await mkdtemp(path.join(tmpdir(), 'marquee-page-'))
  await mkdir(path.join(page, 'assets'))
  await writeFile(path.join(page, 'index.html'), '<title>Marquee</title>')
  await writeFile(path.join(page, 'assets', 'main-abc.js'), 'export {}')
  bridge = await startBridge({ run: scripted, pageFolder: page })
})
afterAll(async () => {
  await bridge.close()
  await rm(page, { recursive: true })
})

const client = 'client-of-tests'
const withToken = { authorization: `Bearer ${testToken}`, 'x-marquee-client': client }

const call = (
  url: string,
  options: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {}
) => fetch(`${bridge.url}${url}`, { ...options, headers: { ...withToken, ...options.headers } })

const put = (id: string, body: Uint8Array<ArrayBuffer>) =>
  call(`/api/blobs/${id}`, { method: 'PUT', body, headers: { 'content-type': 'application/octet-stream' } })

/** What `fetch` may not set: the headers that browsers write themselves. */
const statusFor = (headers: Record<string, string>, url = '/api/health'): Promise<number> =>
  new Promise((resolve, reject) => {
    const { port } = bridge
    httpRequest({ host: '127.0.0.1', port, path: url, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })

const finishedJob = async (): Promise<Job> => {
  const socket = await openSocket(bridge.port, client)
  await socket.hello()
  const jobId = newJobId()
  socket.say({ type: 'generate', jobId, request: aRequest() })
  await socket.next('done', jobId)
  socket.close()
  return (await (await call(`/api/jobs/${jobId}`)).json()) as Job
}

it('says its name to everyone and nothing else without the token', async () => {
  const health = await fetch(`${bridge.url}/api/health`)
  expect(await health.json()).toEqual({ name: 'marquee', version: '0.0.0', protocol: 1 })
  const closed = ['/api/catalogue', '/api/jobs', '/api/jobs/job-12345678']
  for (const url of closed) {
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: testToken }]) {
      const response = await fetch(`${bridge.url}${url}`, { headers })
      expect(response.status, url).toBe(401)
      expect(await response.json()).toMatchObject({ code: 'unauthorized' })
    }
  }
  const blob = `${bridge.url}/api/blobs/${sha256(pixels)}`
  for (const method of ['HEAD', 'PUT']) expect((await fetch(blob, { method })).status).toBe(401)
  expect((await call('/api/catalogue')).status).toBe(200)
  // RFC 9110, 11.1: the name of a scheme is the same in capitals and in small letters.
  const small = { authorization: `bearer ${testToken}` }
  expect((await fetch(`${bridge.url}/api/catalogue`, { headers: small })).status).toBe(200)
})

it('answers under the names of this computer and no other', async () => {
  const { port } = bridge
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
    expect(await statusFor({ host })).toBe(200)
  // RFC 9110: names know no case, and the dot of the root changes nothing.
  for (const host of [`LocalHost:${port}`, `localhost.:${port}`]) expect(await statusFor({ host })).toBe(200)
  const foreign = ['evil.example', `localhost.evil.example`, `localhost..`, `me@localhost`, `[::2]`]
  const odd = [
    'localhost',
    `localhost:${port + 1}`,
    `localhost:`,
    `localhost:${port}:${port}`,
    `[::1]`,
    `::1:${port}`
  ]
  for (const host of [...foreign, ...foreign.map((name) => `${name}:${port}`), ...odd])
    expect(await statusFor({ host }), host).toBe(403)
})

it('knows its names without a port where the port is that of the scheme', async () => {
  const guarded = Fastify()
  guardRequests(guarded, { port: () => 443, secure: true, names: ['box.lan', '[::1]'] })
  guarded.get('/', () => 'here')
  const statusOf = async (host: string, origin?: string): Promise<number> =>
    (await guarded.inject({ url: '/', headers: { host, ...(origin === undefined ? {} : { origin }) } }))
      .statusCode
  for (const host of ['box.lan', 'box.lan:443', 'BOX.lan.', '[::1]'])
    expect(await statusOf(host), host).toBe(200)
  expect(await statusOf('box.lan', 'https://box.lan')).toBe(200)
  for (const origin of ['http://box.lan', 'https://box.lan:444', 'https://box.lan.evil', 'https://a@box.lan'])
    expect(await statusOf('box.lan', origin), origin).not.toBe(200)
  expect(await statusOf('box.lan:80')).not.toBe(200)
})

it('serves our own page and panels without a web origin, and no other page', async () => {
  const host = `localhost:${bridge.port}`
  for (const origin of [`http://${host}`, `http://127.0.0.1:${bridge.port}`, 'null', 'file://'])
    expect(await statusFor({ host, origin }), origin).toBe(200)
  for (const origin of ['https://evil.example', 'http://localhost', `https://${host}`, 'http://localhost:1'])
    expect(await statusFor({ host, origin }), origin).toBe(403)
  const socket = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA=='
  }
  expect(await statusFor({ host, origin: 'https://evil.example', ...socket }, '/api/socket')).toBe(403)
})

it('never lets another origin read an answer', async () => {
  const response = await call('/api/health', { headers: { origin: `http://localhost:${bridge.port}` } })
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
})

it('serves the page, which may run its own scripts only, and keeps what has a hash in its name', async () => {
  const home = await fetch(`${bridge.url}/`)
  expect(await home.text()).toContain('Marquee')
  expect(home.headers.get('cache-control')).toBe('no-cache')
  const rules = home.headers.get('content-security-policy') ?? ''
  expect(rules).toContain("default-src 'none'")
  expect(rules).toContain("script-src 'self';")
  expect(rules).toContain(`ws://localhost:${bridge.port}`)
  const script = await fetch(`${bridge.url}/assets/main-abc.js`)
  expect(script.headers.get('cache-control')).toContain('immutable')
  expect((await fetch(`${bridge.url}/..%2f..%2fetc%2fpasswd`)).status).toBeGreaterThanOrEqual(400)
})

it('answers an address that is none with a hint', async () => {
  const response = await call('/api/nothing')
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('/api/nothing') as unknown
  })
})

it('keeps a blob once, under its hash', async () => {
  const bytes = new Uint8Array(300_000).fill(5)
  const id = sha256(bytes)
  expect((await call(`/api/blobs/${id}`, { method: 'HEAD' })).status).toBe(404)
  expect((await put(id, bytes)).status).toBe(201)
  expect((await put(id, bytes)).status).toBe(200)
  const head = await call(`/api/blobs/${id}`, { method: 'HEAD' })
  expect(head.status).toBe(200)
  expect(head.headers.get('content-length')).toBe('300000')
  expect(new Uint8Array(await bridge.blobs.get(id))).toEqual(bytes)
})

it('refuses bytes under a wrong hash, and names that are none, and leaves nothing behind', async () => {
  const wrong = sha256(new Uint8Array([1]))
  const response = await put(wrong, new Uint8Array([2]))
  expect(response.status).toBe(409)
  expect(await response.json()).toMatchObject({
    code: 'blob-mismatch',
    message: expect.stringContaining(wrong) as unknown
  })
  expect(await bridge.blobs.size(wrong)).toBeNull()
  for (const name of ['x', '..%2f..%2fjobs.db', 'A'.repeat(64)]) {
    expect((await put(name, new Uint8Array([2]))).status, name).toBe(400)
  }
  expect(await readdir(path.join(bridge.data, 'blobs', 'drafts'))).toEqual([])
})

it('refuses a blob past the limit by its announced length, before it is sent', async () => {
  const { port } = bridge
  const reply = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const headers = {
      ...withToken,
      'content-type': 'application/octet-stream',
      'content-length': String(2 ** 30)
    }
    const sending = httpRequest(
      { host: 'localhost', port, path: `/api/blobs/${sha256(pixels)}`, method: 'PUT', headers },
      (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      }
    ).on('error', reject)
    sending.write('x')
  })
  expect(reply.status).toBe(413)
  expect(JSON.parse(reply.body)).toMatchObject({
    code: 'too-large',
    message: expect.stringContaining('1073741824') as unknown
  })
})

it('stores an empty blob as it does any other', async () => {
  const id = sha256(new Uint8Array())
  expect((await put(id, new Uint8Array())).status).toBe(201)
})

it('gives a result as raw bytes and as PNG of the same pixels, to be kept for good', async () => {
  const job = await finishedJob()
  for (const [image, bytes] of [
    [job.result!.variations[0]!.pixels, pixels],
    [job.result!.mask!, mask]
  ] as const) {
    const raw = await call(`/api/jobs/${job.id}/images/${image.blob}?as=raw`)
    expect(raw.headers.get('content-type')).toBe('application/octet-stream')
    expect(raw.headers.get('cache-control')).toContain('immutable')
    expect(new Uint8Array(await raw.arrayBuffer())).toEqual(bytes)
    const etag = raw.headers.get('etag') ?? ''
    expect(
      (await call(`/api/jobs/${job.id}/images/${image.blob}`, { headers: { 'if-none-match': etag } })).status
    ).toBe(304)
    const png = await call(`/api/jobs/${job.id}/images/${image.blob}?as=png`)
    expect(png.headers.get('content-type')).toBe('image/png')
    expect(png.headers.get('etag')).not.toBe(etag)
    const decoded = await decodePicture(new Uint8Array(await png.arrayBuffer()))
    const channels = image.format === 'gray8' ? 1 : 4
    for (let i = 0; i < bytes.length; i++) {
      if (channels === 4) expect(decoded.data[i]).toBe(bytes[i])
      else expect(decoded.data[4 * i]).toBe(bytes[i])
    }
  }
  expect((await call(`/api/jobs/${job.id}/images/${job.result!.mask!.blob}?as=gif`)).status).toBe(400)
})

it('serves the preview of a running job and stops when the job is over', async () => {
  const socket = await openSocket(bridge.port, client)
  await socket.hello()
  const jobId = newJobId()
  socket.say({ type: 'generate', jobId, request: aRequest({ prompt: 'hold' }) })
  const { image } = await socket.next('preview', jobId)
  const url = `/api/jobs/${jobId}/images/${image.blob}`
  expect([...new Uint8Array(await (await call(url)).arrayBuffer())]).toEqual([1, 2, 3, 255])
  socket.say({ type: 'cancel', jobId })
  await socket.next('cancelled', jobId)
  expect((await call(url)).status).toBe(404)
  socket.close()
})

it('lists the jobs of a client and a document, newest first', async () => {
  const [first, second] = [await finishedJob(), await finishedJob()]
  const listed = async (query: string): Promise<string[]> =>
    ((await (await call(`/api/jobs${query}`)).json()) as { jobs: Job[] }).jobs.map(({ id }) => id)
  expect((await listed('?document=document-1')).slice(0, 2)).toEqual([second.id, first.id])
  expect(await listed('?limit=1')).toEqual([second.id])
  expect(await listed('?document=another')).toEqual([])
  for (const limit of ['0', '501', '1.5', 'many'])
    expect((await call(`/api/jobs?limit=${limit}`)).status).toBe(400)
})

it('hides a job and its images from other clients', async () => {
  const job = await finishedJob()
  const headers = { 'x-marquee-client': 'another-client' }
  const { blob } = job.result!.variations[0]!.pixels
  for (const url of [`/api/jobs/${job.id}`, `/api/jobs/${job.id}/images/${blob}`])
    expect((await call(url, { headers })).status).toBe(404)
  expect((await call(`/api/jobs/${job.id}`, { method: 'DELETE', headers })).status).toBe(404)
  expect(await (await call('/api/jobs', { headers })).json()).toEqual({ jobs: [] })
  expect((await call('/api/jobs', { headers: { 'x-marquee-client': '' } })).status).toBe(400)
})

it('deletes a job, after stopping it where it runs', async () => {
  const done = await finishedJob()
  const remove = (id: string) => call(`/api/jobs/${id}`, { method: 'DELETE' })
  expect((await remove(done.id)).status).toBe(204)
  expect((await call(`/api/jobs/${done.id}`)).status).toBe(404)
  expect((await remove(done.id)).status).toBe(404)

  const socket = await openSocket(bridge.port, client)
  await socket.hello()
  const jobId = newJobId()
  socket.say({ type: 'generate', jobId, request: aRequest({ prompt: 'hold' }) })
  await socket.next('started', jobId)
  expect((await remove(jobId)).status).toBe(204)
  await socket.next('cancelled', jobId)
  expect((await call(`/api/jobs/${jobId}`)).status).toBe(404)
  socket.close()
})
