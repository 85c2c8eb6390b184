import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { entryOf, openTestDownloads } from '../../support/downloads.ts'
import { startMirror } from '../../support/mirror.ts'

const closings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close()
})

const file = randomBytes(150_000)
const aMirror = async (content = file) => {
  const mirror = await startMirror(content)
  closings.push(mirror.close)
  return mirror
}
const opened = async (...given: Parameters<typeof openTestDownloads>) => {
  const test = await openTestDownloads(...given)
  closings.push(test.close)
  return test
}

it('puts the file in its place, byte for byte, by several ranges at once', async () => {
  const mirror = await aMirror()
  const test = await opened([entryOf(file, [mirror.url], { kind: 'vae' })])
  expect(await test.status()).toEqual({ state: 'available' })
  await test.run()
  expect(await readFile(path.join(test.models, 'vae/thing.safetensors'))).toEqual(file)
  expect(await test.status()).toEqual({ state: 'installed', as: 'vae/thing.safetensors', isRemovable: true })
  expect(await test.files()).toEqual(['vae/thing.safetensors'])
  expect(mirror.requests.length).toBe(Math.ceil(file.length / (16 * 1024)))
  expect(test.bugs).toEqual([])
})
