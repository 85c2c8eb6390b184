import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { createTransport } from '../../../bridge-server/downloads/transport.ts'
import { entryOf, openTestDownloads } from '../../support/downloads.ts'
import { startMirror } from '../../support/mirror.ts'
import { startProxy } from '../../support/proxy.ts'

const closings: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close()
})

async function opened(proxyUrl: string, except: string | null = null) {
  const file = randomBytes(60_000)
  const mirror = await startMirror(file)
  const test = await openTestDownloads([entryOf(file, [mirror.url])], {
    transport: createTransport({
      proxy: { http: proxyUrl, https: proxyUrl, except },
      tokens: new Map(),
      patienceMs: 1000
    })
  })
  closings.push(mirror.close, test.close)
  return { file, mirror, test }
}

const proxyOf = async (credentials: string | null) => {
  const proxy = await startProxy(credentials)
  closings.push(proxy.close)
  return proxy
}

it.each([
  ['one that is open', null, null],
  ['one that wants a name and a password, odd letters in them', 'me:pass word@home', 'me:pass%20word%40home']
])('downloads through a proxy: %s', async (_, credentials, login) => {
  const proxy = await proxyOf(credentials)
  const { file, mirror, test } = await opened(proxy.url(login))
  await test.run()
  expect(await test.status()).toMatchObject({ state: 'installed' })
  const [installed] = await test.files()
  expect((await readFile(path.join(test.models, installed ?? ''))).equals(file)).toBe(true)
  expect(proxy.passed.length).toBeGreaterThan(0)
  // What is for the proxy is no business of the mirror's.
  expect(mirror.requests.some(({ headers }) => 'proxy-authorization' in headers)).toBe(false)
})

it('fails where the proxy lets nobody through, and installs nothing', async () => {
  const proxy = await proxyOf('me:right')
  const { mirror, test } = await opened(proxy.url('me:wrong'))
  await expect(test.run()).rejects.toMatchObject({ code: 'download-failed' })
  const status = await test.status()
  expect(status).toMatchObject({ state: 'failed', error: { code: 'download-failed' } })
  expect('error' in status && status.error.message).toMatch(/407|proxy/i)
  expect('error' in status && JSON.stringify(status.error)).not.toContain('wrong')
  expect(mirror.requests).toEqual([])
  expect((await test.files()).filter((name) => name.endsWith('.safetensors'))).toEqual([])
})

it('asks the hosts directly that NO_PROXY names', async () => {
  const proxy = await proxyOf(null)
  const { test } = await opened(proxy.url(null), 'elsewhere.example,127.0.0.1')
  await test.run()
  expect(await test.status()).toMatchObject({ state: 'installed' })
  expect(proxy.passed).toEqual([])
})
