import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { decodePicture } from '../../../bridge-server/image/codec.ts'
import { aRequest, newJobId, openSocket, sha256, startBridge, testToken } from '../../support/bridge.ts'

// Large pictures on their way: blobs come in parts, images go in ranges and as small looks.

const size = { width: 300, height: 200 }
const pixels = Uint8Array.from({ length: 300 * 200 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i >> 4) & 255))
const client = 'client-of-tests'

let bridge: Awaited<ReturnType<typeof startBridge>>
let image = ''
beforeAll(async () => {
  bridge = await startBridge({
    run:
      (blobs) =>
      async ({ request }, { onPreview }) => {
        onPreview({ variation: 0, area: request.area, width: 2, height: 1, bytes: new Uint8Array(8).fill(7) })
        return {
          area: request.area,
          variations: [{ pixels: { blob: await blobs.put(pixels), ...size, format: 'rgba8' }, seed: 1 }],
          workingSize: request.canvas,
          seconds: 1
        }
      }
  })
  const socket = await openSocket(bridge.port, client)
  await socket.hello()
  const jobId = newJobId()
  socket.say({ type: 'generate', jobId, request: aRequest() })
  await socket.next('done', jobId)
  socket.close()
  image = `/api/jobs/${jobId}/images/${sha256(pixels)}`
})
afterAll(() => bridge.close())

type Headers = Readonly<Record<string, string>>
const call = (
  url: string,
  init: { method?: string; headers?: Headers; body?: Uint8Array<ArrayBuffer> } = {}
) =>
  fetch(`${bridge.url}${url}`, {
    ...init,
    headers: { authorization: `Bearer ${testToken}`, 'x-marquee-client': client, ...init.headers }
  })

const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 13) % 253)
const blob = `/api/blobs/${sha256(bytes)}`
const sendPart = (from: number, to: number, headers: Headers = {}) =>
  call(blob, {
    method: 'PUT',
    body: bytes.slice(from, to),
    headers: {
      'content-type': 'application/octet-stream',
      'content-range': `bytes ${from}-${to - 1}/${bytes.length}`,
      ...headers
    }
  })
const offset = (response: Response) => response.headers.get('upload-offset')

it('takes a blob in parts, and tells at any time where the next one begins', async () => {
  const drafts = () => readdir(path.join(bridge.data, 'blobs', 'drafts'))
  expect(offset(await call(blob, { method: 'HEAD' }))).toBe('0')
  const first = await sendPart(0, 30_000)
  expect([first.status, offset(first)]).toEqual([202, '30000'])
  const missing = await call(blob, { method: 'HEAD' })
  expect([missing.status, offset(missing)]).toEqual([404, '30000'])
  const gap = await sendPart(40_000, 50_000)
  expect(gap.status).toBe(409)
  expect(await gap.json()).toMatchObject({
    code: 'blob-mismatch',
    hint: expect.stringMatching(/30000/) as string
  })
  const rest = await sendPart(30_000, 70_000)
  expect([rest.status, await rest.json()]).toEqual([201, { blob: sha256(bytes) }])
  expect((await call(blob, { method: 'HEAD' })).status).toBe(200)
  expect(await drafts()).toEqual([])
})

it('refuses parts that are none, without the token, and over the hour’s quota', async () => {
  for (const range of ['bytes 5-1/9', 'nonsense', 'bytes 0-9/*']) {
    const refused = await sendPart(0, 10, { 'content-range': range })
    expect(refused.status).toBe(400)
    expect(await refused.json()).toMatchObject({ code: 'bad-message', hint: expect.any(String) as string })
  }
  expect((await sendPart(0, 10, { authorization: 'Bearer wrong' })).status).toBe(401)
  const huge = await sendPart(0, 10, { 'content-range': 'bytes 0-9/99999999999' })
  expect(huge.status).toBe(413)
  const poor = await startBridge({
    run: () => () => Promise.reject(new Error('No engine here')),
    limits: { uploadBytes: 1000 }
  })
  const ask = (from: number) =>
    fetch(`${poor.url}${blob}`, {
      method: 'PUT',
      body: bytes.slice(from, from + 600),
      headers: {
        authorization: `Bearer ${testToken}`,
        'content-type': 'application/octet-stream',
        'content-range': `bytes ${from}-${from + 599}/70000`
      }
    })
  expect([(await ask(0)).status, (await ask(600)).status]).toEqual([202, 429])
  await poor.close()
})

it('gives an image in ranges that make the whole', async () => {
  const whole = await call(image)
  expect(whole.status).toBe(200)
  expect(whole.headers.get('accept-ranges')).toBe('bytes')
  const got: number[] = []
  for (let from = 0; from < pixels.length; from += 100_000) {
    const part = await call(image, { headers: { range: `bytes=${from}-${from + 99_999}` } })
    expect(part.status).toBe(206)
    const last = Math.min(pixels.length, from + 100_000) - 1
    expect(part.headers.get('content-range')).toBe(`bytes ${from}-${last}/${pixels.length}`)
    // As every other answer.
    expect(part.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(part.headers.get('x-content-type-options')).toBe('nosniff')
    expect(part.headers.get('cross-origin-resource-policy')).toBe('same-origin')
    got.push(...new Uint8Array(await part.arrayBuffer()))
  }
  expect(Buffer.from(got).equals(Buffer.from(pixels))).toBe(true)
})

it('says of a range beyond the end how much there is, and ignores one of another image', async () => {
  const beyond = await call(image, { headers: { range: `bytes=${pixels.length}-` } })
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${pixels.length}`])
  expect(await beyond.json()).toMatchObject({ code: 'bad-message' })
  const { headers } = await call(image, { method: 'HEAD' })
  const etag = headers.get('etag') ?? ''
  const range = 'bytes=0-9'
  expect((await call(image, { headers: { range, 'if-range': etag } })).status).toBe(206)
  expect((await call(image, { headers: { range, 'if-range': '"other"' } })).status).toBe(200)
})

it('gives a small look at an image', async () => {
  for (const [query, longest] of [
    ['?as=jpeg', 160],
    ['?as=jpeg&side=64', 64],
    ['?as=jpeg&side=512', 300]
  ] as const) {
    const look = await call(image + query)
    expect(look.headers.get('content-type')).toBe('image/jpeg')
    const jpeg = new Uint8Array(await look.arrayBuffer())
    expect(jpeg.length).toBeLessThan(16_000)
    const { width, height } = await decodePicture(jpeg)
    expect([width, Math.abs(height - (longest * 2) / 3) < 1]).toEqual([longest, true])
  }
  for (const side of ['0', '513', '1.5', 'x', '-3'])
    expect((await call(`${image}?as=jpeg&side=${side}`)).status).toBe(400)
})
