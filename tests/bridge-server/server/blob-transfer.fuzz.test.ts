import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sha256, startBridge, testToken } from '../../support/bridge.ts'
import { randomBelow } from '../../support/random.ts'

// Sends parts of blobs in any order, of any length, cut off and with broken headers. Every run is the same.

let bridge: Awaited<ReturnType<typeof startBridge>>
beforeAll(async () => {
  bridge = await startBridge({ run: () => () => Promise.reject(new Error('No engine here')) })
})
afterAll(() => bridge.close())

const total = 1000
const blobs = Array.from({ length: 6 }, (_, at) =>
  Uint8Array.from({ length: total }, (_, i) => (i * (at + 3)) & 255)
)

type Way = 'next' | 'anywhere' | 'broken header' | 'cut off'
const ways: readonly Way[] = [
  ...Array<Way>(6).fill('next'),
  'anywhere',
  'anywhere',
  'broken header',
  'cut off'
]
const brokenHeaders = ['bytes', 'bytes 0-', 'bytes 9-1/10', 'bytes 0-9/9', 'x'.repeat(5000)]

async function send(blob: Uint8Array, range: string, body: Uint8Array<ArrayBuffer>): Promise<number> {
  const response = await fetch(`${bridge.url}/api/blobs/${sha256(blob)}`, {
    method: 'PUT',
    body,
    headers: {
      authorization: `Bearer ${testToken}`,
      'content-type': 'application/octet-stream',
      'content-range': range
    }
  })
  await response.arrayBuffer()
  return response.status
}

function expectedStatus(way: Way, fits: boolean, good: number): number {
  if (way === 'broken header') return 400
  return fits && way !== 'cut off' ? good : 409
}

it('outlives 3000 parts, and has every blob whole or not at all', { timeout: 120_000 }, async () => {
  const random = randomBelow(7)
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!
  /** Where each upload should stand. */
  const held = blobs.map(() => 0)
  const done = new Set<number>()
  const seen = new Set<number>()

  for (let turn = 0; turn < 3000; turn++) {
    const at = random(blobs.length)
    const [blob, way] = [blobs[at]!, pick(ways)]
    const from = way === 'next' ? held[at]! : random(total)
    const to = Math.min(total, from + 1 + random(600))
    const range = way === 'broken header' ? pick(brokenHeaders) : `bytes ${from}-${to - 1}/${total}`
    const status = await send(blob, range, blob.slice(from, way === 'cut off' ? to - 1 : to))
    seen.add(status)
    const fits = from === 0 || from === held[at]
    const whole = done.has(at) ? 200 : 201
    expect(status).toBe(expectedStatus(way, fits, to < total ? 202 : whole))
    // A first part begins anew even where it fails.
    if (way === 'cut off' && from === 0) held[at] = 0
    if (status >= 400) continue
    held[at] = to < total ? to : 0
    if (to === total) done.add(at)
  }
  expect([...seen].sort()).toEqual([200, 201, 202, 400, 409])
  for (const at of done) expect(new Uint8Array(await bridge.blobs.get(sha256(blobs[at]!)))).toEqual(blobs[at])
  const drafts = await readdir(path.join(bridge.data, 'blobs', 'drafts'))
  expect(drafts.length).toBeLessThanOrEqual(blobs.length)
  expect(bridge.bugs).toEqual([])
})
