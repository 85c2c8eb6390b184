import { afterEach, beforeEach, expect, it } from 'vitest'
import { AppError } from '../../../bridge-server/errors.ts'
import type { AnnotateRequest } from '../../../bridge-server/protocol/annotators.ts'
import type { ImageRef } from '../../../bridge-server/protocol/images.ts'
import { sha256, startBridge, testToken } from '../../support/bridge.ts'

type Bridge = Awaited<ReturnType<typeof startBridge>>

const map = new Uint8Array([1, 2, 3, 4])
const asked: { request: AnnotateRequest; signal: AbortSignal }[] = []
let bridge: Bridge
beforeEach(async () => {
  asked.length = 0
  bridge = await startBridge({
    run: () => () => Promise.reject(new Error('no job is expected')),
    annotate: async (request, signal) => {
      asked.push({ request, signal })
      if (request.annotator === 'busy') throw new AppError('too-many', { message: 'Busy.' })
      if (request.annotator === 'slow')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('away'))))
      return { blob: await bridge.blobs.put(map), width: 2, height: 2, format: 'gray8' }
    }
  })
})
afterEach(() => bridge.close())

const call = (path: string, { token = testToken, ...init }: RequestInit & { token?: string } = {}) =>
  fetch(bridge.url + path, {
    ...init,
    headers: {
      authorization: `Bearer ${token}`,
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' })
    }
  })

const annotate = async (changes: object = {}, signal: AbortSignal | null = null) => {
  const image = { blob: await bridge.give(new Uint8Array(16)), width: 2, height: 2, format: 'rgba8' }
  return call('/api/annotate', {
    method: 'POST',
    body: JSON.stringify({ annotator: 'canny', image, ...changes }),
    signal
  })
}

it('answers with the map, whose bytes can be had raw or as PNG', async () => {
  const response = await annotate({ parameters: { low: 12 }, side: 64 })
  const { image } = (await response.json()) as { image: ImageRef }
  expect(image).toEqual({ blob: sha256(map), width: 2, height: 2, format: 'gray8' })
  expect(asked[0]?.request).toMatchObject({ annotator: 'canny', parameters: { low: 12 }, side: 64 })
  const raw = await call(`/api/maps/${image.blob}`)
  expect(new Uint8Array(await raw.arrayBuffer())).toEqual(map)
  const png = await call(`/api/maps/${image.blob}?as=png`)
  expect(png.headers.get('content-type')).toBe('image/png')
})

it('gives a map to nobody but the token that had it made', async () => {
  await annotate()
  const { token } = (await (
    await call('/api/tokens', { method: 'POST', body: JSON.stringify({ name: 'other' }) })
  ).json()) as { token: string }
  expect((await call(`/api/maps/${sha256(map)}`)).status).toBe(200)
  expect((await call(`/api/maps/${sha256(map)}`, { token })).status).toBe(404)
})

it('stops the work when whoever asked goes away, and reports no bug', async () => {
  const controller = new AbortController()
  const response = annotate({ annotator: 'slow' }, controller.signal)
  while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(asked[0]?.signal.aborted).toBe(false)
  controller.abort()
  await expect(response).rejects.toThrow('aborted')
  while (asked[0]?.signal.aborted !== true) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(bridge.bugs).toEqual([])
})

const image = (changes: object) => ({
  image: { blob: 'a'.repeat(64), width: 2, height: 2, format: 'rgba8', ...changes }
})

it.each([
  [{ annotator: 'busy' }, 429, 'too-many'],
  [image({}), 404, 'blob-missing'],
  [image({ width: 32768, height: 32768 }), 413, 'too-large'],
  [image({ format: 'png' }), 400, 'bad-message'],
  [{ parameters: { low: 'much' } }, 400, 'bad-message'],
  [{ side: 1 }, 400, 'bad-message'],
  [{ strange: 1 }, 400, 'bad-message']
])('refuses %j', async (changes, status, code) => {
  const response = await annotate(changes)
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ code })
})

it('refuses a blob of another length', async () => {
  const blob = await bridge.give(new Uint8Array(15))
  expect(await (await annotate(image({ blob }))).json()).toMatchObject({ code: 'blob-mismatch' })
})
