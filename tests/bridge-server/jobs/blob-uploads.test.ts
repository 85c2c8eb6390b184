import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createBlobUploads, type BlobUploads } from '../../../bridge-server/jobs/blob-uploads.ts'
import { createBlobStore, maxBlobBytes, type BlobStore } from '../../../bridge-server/jobs/blobs.ts'
import { sha256 } from '../../support/bridge.ts'

let folder = ''
let blobs: BlobStore
let uploads: BlobUploads
let time = 0
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-uploads-'))
  blobs = await createBlobStore(folder)
  time = 0
  uploads = createBlobUploads(blobs, () => time)
})
afterEach(() => rm(folder, { recursive: true }))

const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 251)
const id = sha256(bytes)
const total = bytes.length
const drafts = () => readdir(path.join(folder, 'drafts'))
const send = (from: number, to: number, holder = 'me', sent = bytes.subarray(from, to)) =>
  uploads.add(holder, id, { from, to, total }, Readable.from([Buffer.from(sent)]))

it('makes a blob of parts that follow each other, whatever their sizes', async () => {
  let at = 0
  for (const length of [1, 65_536, 30_000, total - 95_537]) {
    expect(uploads.held('me', id)).toBe(at)
    expect(await send(at, at + length)).toBe(at + length === total ? 'new' : null)
    at += length
  }
  expect(new Uint8Array(await blobs.get(id))).toEqual(bytes)
  expect(uploads.held('me', id)).toBe(0)
  expect(await drafts()).toEqual([])
  expect(await send(0, total)).toBe('known')
  expect(await drafts()).toEqual([])
})

it('goes on where it stood after a part that broke off, was too short or too long', async () => {
  await send(0, 40_000)
  const broken = Readable.from(
    (function* () {
      yield Buffer.from(bytes.subarray(40_000, 60_000)).fill(9)
      throw new Error('the client went away')
    })()
  )
  await expect(uploads.add('me', id, { from: 40_000, to: 90_000, total }, broken)).rejects.toThrow(
    'went away'
  )
  for (const sent of [bytes.subarray(40_000, 89_999), bytes.subarray(40_000, 90_001)])
    await expect(send(40_000, 90_000, 'me', sent)).rejects.toMatchObject({ code: 'blob-mismatch' })
  expect(uploads.held('me', id)).toBe(40_000)
  await send(40_000, 90_000)
  expect(await send(90_000, total)).toBe('new')
  expect(new Uint8Array(await blobs.get(id))).toEqual(bytes)
})

it('refuses a part that is not the next one, and says which is', async () => {
  await expect(send(10, 20)).rejects.toMatchObject({
    code: 'blob-mismatch',
    hint: expect.stringMatching(/byte 0/) as string
  })
  await send(0, 100)
  for (const from of [50, 200])
    await expect(send(from, 300)).rejects.toMatchObject({
      hint: expect.stringMatching(/Go on at byte 100/) as string
    })
  const other = { from: 100, to: 200, total: total + 1 }
  await expect(uploads.add('me', id, other, Readable.from([]))).rejects.toMatchObject({
    code: 'blob-mismatch'
  })
  // A first part begins anew.
  expect(await send(0, 50)).toBeNull()
  expect(uploads.held('me', id)).toBe(50)
})

it('refuses a second part while one arrives', async () => {
  const slow = new Readable({ read: () => {} })
  const first = uploads.add('me', id, { from: 0, to: total, total }, slow)
  await new Promise((resolve) => setTimeout(resolve, 5))
  await expect(send(0, total)).rejects.toMatchObject({ hint: 'Send one at a time.' })
  slow.push(Buffer.from(bytes))
  slow.push(null)
  expect(await first).toBe('new')
})

it('keeps nothing of bytes that are not those of the name', async () => {
  await send(0, 50_000)
  const wrong = bytes.slice(50_000)
  wrong[0]! ^= 1
  await expect(send(50_000, total, 'me', wrong)).rejects.toMatchObject({ code: 'blob-mismatch' })
  expect(await blobs.size(id)).toBeNull()
  expect(await drafts()).toEqual([])
  expect(uploads.held('me', id)).toBe(0)
})

it('keeps the uploads of two people apart', async () => {
  await send(0, 10, 'me')
  await send(0, 20, 'you')
  expect([uploads.held('me', id), uploads.held('you', id), uploads.held('she', id)]).toEqual([10, 20, 0])
  expect(await send(20, total, 'you')).toBe('new')
  expect(await send(10, total, 'me')).toBe('known')
  expect(await drafts()).toEqual([])
})

it('forgets what nobody goes on with, and the oldest of too many', async () => {
  await send(0, 10)
  time = 11 * 60_000
  await send(0, 10, 'you')
  expect(uploads.held('me', id)).toBe(0)
  expect(await drafts()).toHaveLength(1)
  const part = { from: 0, to: 1, total }
  const names = Array.from({ length: 9 }, (_, at) => sha256(Buffer.of(at)))
  for (const name of names) {
    time++
    await uploads.add('me', name, part, Readable.from([Buffer.of(1)]))
  }
  expect(names.map((name) => uploads.held('me', name))).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 1])
  expect(uploads.held('you', id)).toBe(10)
  expect(await drafts()).toHaveLength(9)
})

it('refuses what would be too large before it is sent', async () => {
  const part = { from: 0, to: 10, total: maxBlobBytes + 1 }
  await expect(uploads.add('me', id, part, Readable.from([]))).rejects.toMatchObject({ code: 'too-large' })
})
