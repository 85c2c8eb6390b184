import { deflateSync } from 'node:zlib'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodePicture, encodePng } from '../../../bridge-server/image/codec.ts'
import { aRequest, newJobId, openSocket } from '../../support/bridge.ts'
import { startMarquee, type RunningMarquee } from '../../support/marquee.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'marquee-sdapi-access-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tokenOf = ({ url }: RunningMarquee): string =>
  new URLSearchParams(new URL(url).hash.slice(1)).get('token') ?? ''

interface Ask {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** Plain HTTP, for `fetch` sends no Origin or Sec-Fetch-Site of one's choice. */
function ask(marquee: RunningMarquee, route: string, { headers = {}, body }: Ask = {}) {
  const { hostname, port } = new URL(marquee.url)
  const text = body === undefined ? null : JSON.stringify(body)
  return new Promise<{ status: number; json: Record<string, unknown> }>((resolve, reject) => {
    const request = httpRequest(
      {
        ...{ hostname, port, path: route, method: text === null ? 'GET' : 'POST' },
        headers: { ...(text === null ? {} : { 'content-type': 'application/json' }), ...headers }
      },
      (reply) => {
        const chunks: Buffer[] = []
        reply.on('data', (chunk: Buffer) => chunks.push(chunk))
        reply.on('end', () => {
          const json = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>
          resolve({ status: reply.statusCode ?? 0, json })
        })
      }
    )
    request.on('error', reject)
    request.end(text ?? undefined)
  })
}

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
})

const small = { prompt: 'a red car', steps: 4, width: 64, height: 64, seed: 5, cfg_scale: 3 }

/** A PNG whose header promises more than anybody can unpack. */
function bomb(): string {
  const part = (type: string, data: Buffer): Buffer => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)])
  }
  const header = Buffer.from([0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50, 8, 2, 0, 0, 0])
  const parts = [
    part('IHDR', header),
    part('IDAT', deflateSync(Buffer.alloc(1024))),
    part('IEND', Buffer.of())
  ]
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]).toString('base64')
}

test('the API is not there unless it is asked for', async () => {
  const marquee = await startMarquee(path.join(folder, 'off'))
  try {
    for (const route of ['/sdapi/v1/options', '/controlnet/model_list', '/internal/pendingTasks'])
      expect((await ask(marquee, route, { headers: basic('me', tokenOf(marquee)) })).status, route).toBe(404)
  } finally {
    await marquee.stop()
  }
})

describe('--sdapi token', () => {
  let marquee: RunningMarquee
  let authorized: Record<string, string>
  beforeAll(async () => {
    marquee = await startMarquee(path.join(folder, 'token'), ['--sdapi', 'token'])
    authorized = basic('any name', tokenOf(marquee))
  })
  afterAll(() => marquee.stop())

  test('lets nobody in without a token', async () => {
    for (const route of ['/sdapi/v1/options', '/controlnet/model_list', '/internal/pendingTasks'])
      for (const headers of [{}, basic('me', 'wrong'), { authorization: 'Bearer wrong' }])
        expect((await ask(marquee, route, { headers })).status, route).toBe(401)
  })

  test('takes a token as the password of any name, or as Bearer', async () => {
    for (const headers of [authorized, { authorization: `Bearer ${tokenOf(marquee)}` }])
      expect((await ask(marquee, '/sdapi/v1/options', { headers })).status).toBe(200)
  })

  test('lets no page of another origin use credentials that a browser sends by itself', async () => {
    for (const more of [
      { origin: 'https://example.org' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' }
    ])
      expect((await ask(marquee, '/sdapi/v1/options', { headers: { ...authorized, ...more } })).status).toBe(
        403
      )
  })

  test('gives the pixels that our own socket gives', async () => {
    const answer = await ask(marquee, '/sdapi/v1/txt2img', {
      headers: authorized,
      body: {
        ...{ ...small, sampler_name: 'Euler', scheduler: 'Karras' },
        override_settings: { randn_source: 'CPU', sd_model_checkpoint: 'pocket' }
      }
    })
    expect(answer.status, JSON.stringify(answer.json).slice(0, 300)).toBe(200)
    const [image = ''] = answer.json.images as string[]
    const theirs = await decodePicture(Buffer.from(image, 'base64'))
    expect(JSON.parse(String(answer.json.info))).toMatchObject({ seed: 5, all_seeds: [5], width: 64 })

    const { port } = new URL(marquee.url)
    const socket = await openSocket(Number(port))
    await socket.hello({ token: tokenOf(marquee) })
    const jobId = newJobId()
    const sampling = { sampler: 'euler', schedule: 'karras', steps: 4, guidance: 3, seed: 5 }
    socket.say({
      type: 'generate',
      jobId,
      request: aRequest({ sampling, workingSize: { width: 64, height: 64 } })
    })
    const { result } = await socket.next('done', jobId)
    socket.close()
    const blob = result.variations[0]?.pixels.blob ?? ''
    const pixels = await fetch(new URL(`/api/jobs/${jobId}/images/${blob}`, marquee.url), {
      headers: { authorization: `Bearer ${tokenOf(marquee)}`, 'x-marquee-client': 'client-of-tests' }
    })
    expect(Buffer.from(await pixels.arrayBuffer()).equals(Buffer.from(theirs.data))).toBe(true)
  })

  test('names the field that is wrong, and tolerates those it does not know', async () => {
    const wrong = await ask(marquee, '/sdapi/v1/txt2img', {
      headers: authorized,
      body: { ...small, steps: -3 }
    })
    expect(wrong.status).toBe(422)
    expect(wrong.json.detail).toMatchObject([{ loc: ['body', 'steps'] }])
    const unknown = await ask(marquee, '/sdapi/v1/txt2img', {
      headers: authorized,
      body: { ...small, a_field_of_next_year: { a: 1 } }
    })
    expect(unknown.status).toBe(200)
  })

  test('changes a picture inside its mask alone, and puts its parameters into the file', async () => {
    const size = { width: 64, height: 64 }
    const data = new Uint8ClampedArray(64 * 64 * 4).map((_, i) => (i % 4 === 3 ? 255 : (i * 7) % 256))
    const mask = new Uint8Array(64 * 64).map((_, i) => (i % 64 < 32 ? 255 : 0))
    const answer = await ask(marquee, '/sdapi/v1/img2img', {
      headers: authorized,
      body: {
        ...small,
        init_images: [`data:image/png;base64,${(await encodePng({ ...size, data })).toString('base64')}`],
        mask: (await encodePng({ ...size, data: mask })).toString('base64'),
        ...{ denoising_strength: 0.9, mask_blur: 0, inpainting_fill: 1 }
      }
    })
    expect(answer.status, JSON.stringify(answer.json).slice(0, 300)).toBe(200)
    const [image = ''] = answer.json.images as string[]
    const file = Buffer.from(image, 'base64')
    expect(file.includes('parameters')).toBe(true)
    const made = (await decodePicture(file)).data
    const changed = (left: boolean): number =>
      made.filter((value, i) => Math.floor(i / 4) % 64 < 32 === left && value !== data[i]).length
    expect(changed(false)).toBe(0)
    expect(changed(true)).toBeGreaterThan(1000)
  })

  test('refuses what would fill the memory, addresses, and what is no picture, and goes on', async () => {
    for (const image of [bomb(), 'https://example.org/a.png', 'bm90IGEgcGljdHVyZQ==', 7]) {
      const { status } = await ask(marquee, '/sdapi/v1/img2img', {
        headers: authorized,
        body: { ...small, init_images: [image] }
      })
      expect(status, String(image).slice(0, 40)).toBe(422)
    }
    const many = await ask(marquee, '/sdapi/v1/txt2img', {
      headers: authorized,
      body: { ...small, styles: Array.from({ length: 200_000 }, () => 1) }
    })
    expect([400, 422]).toContain(many.status)
    expect((await ask(marquee, '/sdapi/v1/samplers', { headers: authorized })).status).toBe(200)
  })
})

describe('--sdapi open', () => {
  let marquee: RunningMarquee
  beforeAll(async () => {
    marquee = await startMarquee(path.join(folder, 'open'), ['--sdapi', 'open'])
  })
  afterAll(() => marquee.stop())

  test('serves programs of this computer, and pages of nobody else', async () => {
    expect((await ask(marquee, '/sdapi/v1/sd-models')).status).toBe(200)
    for (const headers of [
      { origin: 'https://example.org' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'null', authorization: 'Bearer made-up' }
    ])
      expect((await ask(marquee, '/sdapi/v1/sd-models', { headers })).status).toBe(403)
    expect((await ask(marquee, '/sdapi/v1/sd-models', { headers: { host: 'evil.example' } })).status).toBe(
      403
    )
  })

  test('takes a request without a body in whatever form it says that has, and bodies as JSON alone', async () => {
    const post = async (type: string, body: string) => {
      const url = new URL('/sdapi/v1/interrupt', marquee.url)
      return (await fetch(url, { method: 'POST', headers: { 'content-type': type }, body })).status
    }
    const types = ['application/x-www-form-urlencoded', 'multipart/form-data', 'application/json']
    for (const type of types) expect(await post(type, ''), type).toBe(200)
    expect(await post('application/x-www-form-urlencoded', 'a=1')).toBe(400)
  })

  test('asks for a token where a proxy brings somebody else', async () => {
    const proxied = { 'x-forwarded-for': '203.0.113.7' }
    expect((await ask(marquee, '/sdapi/v1/sd-models', { headers: proxied })).status).toBe(401)
    const known = { ...proxied, ...basic('me', tokenOf(marquee)) }
    expect((await ask(marquee, '/sdapi/v1/sd-models', { headers: known })).status).toBe(200)
  })
})

test('--sdapi open and --listen do not go together', async () => {
  const options = ['--sdapi', 'open', '--listen', '0.0.0.0', '--insecure']
  await expect(startMarquee(path.join(folder, 'listen'), options)).rejects.toThrow(/sdapi/)
})
