import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { createModelInbox } from '../../../bridge-server/weights/model-inbox.ts'
import { loraBytes, modelBytes } from '../../support/model-bytes.ts'
import { temporaryFolder } from '../../support/tensor-files.ts'

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)

/** In pieces, as a network gives them. */
const streamOf = (bytes: Buffer): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / 997) }, (_, i) => bytes.subarray(i * 997, (i + 1) * 997))
  )

test('a model that was received is there to the byte', async () => {
  const folder = temporaryFolder()
  const inbox = await createModelInbox(folder)
  await inbox.receive('My model.safetensors', streamOf(modelBytes), modelBytes.length)
  expect(filesIn(folder)).toEqual(['My model.safetensors'])
  expect(readFileSync(path.join(folder, 'My model.safetensors')).equals(modelBytes)).toBe(true)
})

test.each([
  ['a LoRA', 'lora.safetensors', loraBytes, 'model-unsupported', /is a LoRA/],
  ['half a model', 'half.safetensors', modelBytes.subarray(0, 500), 'model-unreadable', /truncated/],
  ['noise', 'noise.ckpt', Buffer.alloc(4000, 7), 'model-unreadable', /noise\.ckpt/],
  ['nothing', 'empty.safetensors', Buffer.alloc(0), 'model-unreadable', /empty/]
])('%s is refused with the reason, and nothing of it stays', async (_, name, bytes, code, message) => {
  const folder = temporaryFolder()
  const inbox = await createModelInbox(folder)
  const receiving = inbox.receive(name, streamOf(bytes), bytes.length)
  await expect(receiving).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
  await expect(receiving).rejects.toThrow(path.join(path.basename(folder), name))
  expect(filesIn(folder)).toEqual([])
})

test.each([
  '../evil.safetensors',
  'a/b.safetensors',
  'a\\b.safetensors',
  '.hidden.safetensors',
  'C:x.pt',
  'x.exe',
  ''
])('“%s” is no name of a model', async (name) => {
  const folder = temporaryFolder()
  const inbox = await createModelInbox(folder)
  await expect(inbox.receive(name, streamOf(modelBytes), null)).rejects.toMatchObject({ code: 'bad-message' })
  expect(filesIn(folder)).toEqual([])
})

test('a model that is there already is not replaced', async () => {
  const folder = temporaryFolder()
  const inbox = await createModelInbox(folder)
  writeFileSync(path.join(folder, 'one.safetensors'), 'mine')
  await expect(inbox.receive('one.safetensors', streamOf(modelBytes), null)).rejects.toMatchObject({
    code: 'model-exists'
  })
  expect(readFileSync(path.join(folder, 'one.safetensors'), 'utf8')).toBe('mine')
})

test('what the disk has no room for is refused before it is sent, with both numbers', async () => {
  const folder = temporaryFolder()
  const inbox = await createModelInbox(folder)
  await expect(inbox.receive('huge.safetensors', streamOf(modelBytes), 1e18)).rejects.toMatchObject({
    code: 'disk-full',
    message: expect.stringMatching(/1000000000\.0 GB.*GB are free/) as string
  })
})

test('a sender that goes away leaves nothing, nor does a server that ended in the middle', async () => {
  const folder = temporaryFolder()
  const inbox = await createModelInbox(folder)
  const stream = new Readable({ read: () => undefined })
  stream.push(modelBytes.subarray(0, 5000))
  const receiving = inbox.receive('a.safetensors', stream, modelBytes.length)
  setTimeout(() => stream.destroy(new Error('gone')), 50)
  await expect(receiving).rejects.toThrow('gone')
  expect(filesIn(folder)).toEqual([])
  mkdirSync(path.join(folder, '.incoming', 'x'), { recursive: true })
  writeFileSync(path.join(folder, '.incoming', 'x', 'a.safetensors'), modelBytes)
  await createModelInbox(folder)
  expect(filesIn(folder)).toEqual([])
})

test('stops taking in when others fill the disk meanwhile, and leaves nothing', async () => {
  const folder = temporaryFolder()
  const free = [10e9, 10e9, 1e6]
  const inbox = await createModelInbox(folder, () => Promise.resolve(free.shift() ?? 0))
  const chunks = Array.from({ length: 5 }, () => Buffer.alloc(48 * 2 ** 20))
  await expect(inbox.receive('big.safetensors', Readable.from(chunks), null)).rejects.toMatchObject({
    code: 'disk-full'
  })
  expect(filesIn(folder)).toEqual([])
})

test('takes nothing in through a link that leads out of the models folder', async () => {
  const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()]
  const inbox = await createModelInbox(folder)
  symlinkSync(elsewhere, path.join(folder, '.incoming'))
  await expect(inbox.receive('x.safetensors', streamOf(modelBytes), null)).rejects.toMatchObject({
    code: 'settings-invalid'
  })
  expect(filesIn(elsewhere)).toEqual([])
})
