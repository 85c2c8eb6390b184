import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createBlobStore, type BlobStore } from '../../../bridge-server/jobs/blobs.ts'
import { sha256 } from '../../support/bridge.ts'

let folder = ''
let blobs: BlobStore
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-blobs-'))
  blobs = await createBlobStore(folder)
})
afterEach(() => rm(folder, { recursive: true }))

const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251)
const streamOf = (...chunks: Uint8Array[]): Readable => Readable.from(chunks)

it('gives back what was put, under the hash of its bytes', async () => {
  const id = await blobs.put(bytes)
  expect(id).toBe(sha256(bytes))
  expect(new Uint8Array(await blobs.get(id))).toEqual(bytes)
  expect(await blobs.size(id)).toBe(bytes.length)
})

it('is one folder for two stores, as the server and the engine have it', async () => {
  const other = await createBlobStore(folder)
  const ids = await Promise.all([blobs, other, blobs, other].map((store) => store.put(bytes)))
  expect(new Set(ids).size).toBe(1)
  expect(new Uint8Array(await other.get(ids[0]!))).toEqual(bytes)
  expect(await readdir(path.join(folder, 'drafts'))).toEqual([])
})

it('leaves nothing of a stream that breaks off or has another hash', async () => {
  const id = sha256(bytes)
  const broken = Readable.from(
    (function* () {
      yield bytes.subarray(0, 1000)
      throw new Error('the client went away')
    })()
  )
  await expect(blobs.putStream(id, broken)).rejects.toThrow('the client went away')
  await expect(blobs.putStream(id, streamOf(bytes.subarray(1)))).rejects.toMatchObject({
    code: 'blob-mismatch'
  })
  expect(await blobs.size(id)).toBeNull()
  expect(await readdir(path.join(folder, 'drafts'))).toEqual([])
  expect(await blobs.putStream(id, streamOf(bytes.subarray(0, 10), bytes.subarray(10)))).toBe('new')
  expect(await blobs.putStream(id, streamOf(bytes))).toBe('known')
})

it('says which blob is missing', async () => {
  const id = sha256(bytes)
  await expect(blobs.get(id)).rejects.toMatchObject({
    code: 'blob-missing',
    message: expect.stringContaining(id) as unknown
  })
})

it('sweeps away what is old and unnamed, and nothing else', async () => {
  const [named, old, fresh] = [
    await blobs.put(bytes),
    await blobs.put(bytes.subarray(1)),
    await blobs.put(bytes.subarray(2))
  ]
  const yesterday = new Date(Date.now() - 86_400_000)
  for (const id of [named, old]) await utimes(blobs.path(id), yesterday, yesterday)
  await blobs.sweep(new Set([named]), Date.now() - 3_600_000)
  expect(await Promise.all([named, old, fresh].map((id) => blobs.size(id)))).toEqual([100_000, null, 99_998])
})

it('counts a blob that is put again as fresh', async () => {
  const id = await blobs.put(bytes)
  const yesterday = new Date(Date.now() - 86_400_000)
  await utimes(blobs.path(id), yesterday, yesterday)
  await blobs.put(bytes)
  await blobs.sweep(new Set(), Date.now() - 3_600_000)
  expect(await blobs.size(id)).toBe(bytes.length)
})
