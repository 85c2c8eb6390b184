import { connect, newRequest, type Marquee, type Wish } from 'marquee/client'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Catalogue } from '../../bridge-server/protocol/catalogue.ts'
import type { ImageRef } from '../../bridge-server/protocol/images.ts'
import { startMarquee, type RunningMarquee } from '../support/marquee.ts'
import { writePocketExtras } from '../support/pocket-extras.ts'

// The real server, engine and weights: networks beside the pocket model, passes and sizes, as a program asks for them.

const folder = mkdtempSync(path.join(tmpdir(), 'marquee-extras-'))
const side = 128
const client = 'client-of-extras'
let server: RunningMarquee
let marquee: Marquee
let catalogue: Catalogue

beforeAll(async () => {
  writePocketExtras(path.join(folder, 'extras'))
  server = await startMarquee(path.join(folder, 'data'), ['--models', path.join(folder, 'extras')])
  const { origin, hash } = new URL(server.url)
  const token = new URLSearchParams(hash.slice(1)).get('token') ?? ''
  marquee = await connect({ url: origin, token, clientId: client })
  catalogue = await marquee.catalogue()
})
afterAll(async () => {
  marquee.close()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function generate(wish: Wish) {
  const model = catalogue.models.find(({ id }) => id === 'pocket')!
  const sampling = { steps: 4, seed: 3, ...wish.sampling }
  const request = newRequest(model, { prompt: 'a red car', ...wish, sampling })
  const { jobId, result } = await marquee.generate(request)
  const { pixels } = result.variations[0]!
  return { result, size: [pixels.width, pixels.height], bytes: await marquee.pixels(jobId, pixels) }
}

/** Mean difference in levels. */
const distance = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length

const sent = (data: Uint8Array<ArrayBuffer>, width = side, height = side): Promise<ImageRef> =>
  marquee.send({ width, height, format: 'rgba8', data })

test('a LoRA changes the picture by its weight; at 0 it is off, bit for bit', async () => {
  const plain = await generate({})
  const full = await generate({ prompt: 'a red car <lora:pocket-ink:1>' })
  const little = await generate({ prompt: 'a red car <lora:pocket-ink:0.1>' })
  const off = await generate({ prompt: 'a red car <lora:pocket-ink:0>' })
  expect(off.bytes).toEqual(plain.bytes)
  expect(distance(full.bytes, plain.bytes)).toBeGreaterThan(distance(little.bytes, plain.bytes))
  expect(distance(little.bytes, plain.bytes)).toBeGreaterThan(0)
})

test('an embedding changes the picture where it is named', async () => {
  const plain = await generate({})
  const named = await generate({ prompt: 'a red car, pocket-fox' })
  expect(distance(named.bytes, plain.bytes)).toBeGreaterThan(0)
})

test('a ControlNet follows its map while it may, and not outside its mask', async () => {
  const plain = await generate({})
  const image = await sent(new Uint8Array(4 * side * side).map((_, i) => (i % 64 < 32 ? 255 : 0)))
  const control = { model: 'pocket-canny', image, weight: 1, start: 0, end: 1, mode: 'balanced' } as const
  const guided = await generate({ controls: [control] })
  expect(distance(guided.bytes, plain.bytes)).toBeGreaterThan(0)
  expect((await generate({ controls: [{ ...control, weight: 0 }] })).bytes).toEqual(plain.bytes)
  const gray = (value: number): Promise<ImageRef> =>
    marquee.send({
      width: side,
      height: side,
      format: 'gray8',
      data: new Uint8Array(side * side).fill(value)
    })
  const everywhere = await generate({ controls: [{ ...control, mask: await gray(255) }] })
  expect(everywhere.bytes).toEqual(guided.bytes)
  const nowhere = await generate({ controls: [{ ...control, mask: await gray(0) }] })
  expect(nowhere.bytes).toEqual(plain.bytes)
})

test('a name that is not there is told before anything waits in the queue', async () => {
  const image = await sent(new Uint8Array(4 * side * side))
  const control = { model: 'nowhere', image, weight: 1, start: 0, end: 1, mode: 'balanced' } as const
  const { origin, hash } = new URL(server.url)
  const headers = { authorization: `Bearer ${hash.replace('#token=', '')}`, 'x-marquee-client': client }
  const count = async () => {
    const { jobs } = (await (await fetch(`${origin}/api/jobs`, { headers })).json()) as { jobs: unknown[] }
    return jobs.length
  }
  const before = await count()
  for (const wish of [
    { prompt: 'a <lora:nowhere:1>' },
    { prompt: 'a <hypernet:nowhere:1>' },
    { controls: [control] }
  ])
    await expect(generate(wish)).rejects.toThrow(/nowhere/)
  expect(before).toBeGreaterThan(0)
  expect(await count()).toBe(before)
})

describe('a file that was cut off fails its own job by its name, and no other', () => {
  const upscaling = (upscaler: string): Wish => ({
    ...{ mode: 'upscale', canvas: { width: side, height: side } },
    upscale: { upscaler, factor: 2 }
  })
  const cases: readonly (readonly [string, string, () => Wish | Promise<Wish>])[] = [
    ['cut-lora', 'pocket-ink.safetensors', () => ({ prompt: 'a <lora:cut-lora:1>' })],
    ['cut-fox', 'pocket-fox.safetensors', () => ({ prompt: 'a cut-fox' })],
    ['cut-hyper', '../weights/plain.pt', () => ({ prompt: 'a <hypernet:cut-hyper:1>' })],
    [
      'cut-net',
      'pocket-canny.safetensors',
      async () => {
        const image = await sent(new Uint8Array(4 * side * side).fill(255))
        return { controls: [{ model: 'cut-net', image, weight: 1, start: 0, end: 1, mode: 'balanced' }] }
      }
    ],
    [
      'cut-esrgan',
      '../upscalers/old-x2.safetensors',
      async () => ({
        ...upscaling('cut-esrgan'),
        snapshot: await sent(new Uint8Array(4 * side * side).fill(255))
      })
    ]
  ]
  test.each(cases)('%s', async (name, from, wish) => {
    const source = from.startsWith('..')
      ? path.resolve(import.meta.dirname, '../fixtures/extras', from)
      : path.join(folder, 'extras', from)
    const before = await generate({})
    const file = path.join(folder, 'extras/embeddings', `${name}${path.extname(from)}`)
    mkdirSync(path.dirname(file), { recursive: true })
    const bytes = readFileSync(source)
    writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length * 0.9)))
    await expect(generate(await wish())).rejects.toMatchObject({
      code: 'model-unreadable',
      message: expect.stringContaining(path.basename(file)) as string
    })
    expect((await generate({})).bytes).toEqual(before.bytes)
  })
})

test('what is named and not there is said before anything waits', async () => {
  await expect(generate({ prompt: 'a <lora:nowhere:1>' })).rejects.toThrow(/nowhere/)
})

test('a large area takes a second pass, in tiles, with the same pixels each time', async () => {
  const canvas = { width: 416, height: 320 }
  const once = await generate({ canvas })
  expect(once.size).toEqual([416, 320])
  expect(once.result.workingSize).toEqual(canvas)
  expect((await generate({ canvas })).bytes).toEqual(once.bytes)
})

test('upscaling without and with refinement gives the area times the factor, and keeps what it shows', async () => {
  const { bytes } = await generate({})
  const snapshot = await sent(bytes)
  const canvas = { width: side, height: side }
  const request = { mode: 'upscale', canvas, snapshot } as const
  const plain = await generate({ ...request, upscale: { upscaler: 'lanczos', factor: 2 } })
  expect([plain.size, plain.result.scale]).toEqual([[2 * side, 2 * side], 2])
  const creative = { strength: 0.3 }
  const refined = await generate({ ...request, upscale: { upscaler: 'lanczos', factor: 2, creative } })
  expect(refined.size).toEqual([2 * side, 2 * side])
  const change = distance(refined.bytes, plain.bytes)
  expect(change).toBeGreaterThan(0)
  // A picture that is not kept differs by some 50 levels.
  expect(change).toBeLessThan(25)
})
