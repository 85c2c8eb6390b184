import { afterAll, beforeAll, expect, it } from 'vitest'
import path from 'node:path'
import { readCatalogues } from '../../../bridge-server/downloads/catalogue-file.ts'
import type { DownloadList } from '../../../bridge-server/protocol/downloads.ts'
import { startBridge, testToken } from '../../support/bridge.ts'
import { entryOf, openTestDownloads, type TestDownloads } from '../../support/downloads.ts'
import { startMirror, type Mirror } from '../../support/mirror.ts'

const file = Buffer.alloc(40_000, 7)
let mirror: Mirror
let test: TestDownloads
let bridge: Awaited<ReturnType<typeof startBridge>>
beforeAll(async () => {
  mirror = await startMirror(file)
  test = await openTestDownloads([entryOf(file, [mirror.url])])
  bridge = await startBridge({
    run: () => () => Promise.reject(new Error('no job is expected')),
    downloads: test.downloads
  })
})
afterAll(async () => {
  await bridge.close()
  await test.close()
  await mirror.close()
})

const ask = (method: 'GET' | 'POST' | 'DELETE', where = '', token = testToken, payload?: object) =>
  bridge.app.inject({
    method,
    url: `/api/downloads${where}`,
    headers: { host: `localhost:${bridge.port}`, authorization: `Bearer ${token}` },
    ...(payload === undefined ? {} : { payload })
  })

it('the owner starts, sees and removes; another token only sees', async () => {
  const named = await bridge.app.inject({
    method: 'POST',
    url: '/api/tokens',
    headers: { host: `localhost:${bridge.port}`, authorization: `Bearer ${testToken}` },
    payload: { name: 'tablet' }
  })
  const { token } = named.json<{ token: string }>()
  const seen = (await ask('GET', '', token)).json<DownloadList>()
  expect([seen.items.map(({ id }) => id), seen.mayChange, seen.problems]).toEqual([['thing'], false, []])
  for (const [method, where] of [
    ['POST', '/thing'],
    ['POST', '/thing/pause'],
    ['POST', '/thing/resume'],
    ['DELETE', '/thing'],
    ['DELETE', '/thing/file']
  ] as const)
    expect((await ask(method, where, token)).statusCode, where).toBe(401)
  expect(mirror.requests).toEqual([])
  expect((await ask('POST', '/thing')).statusCode).toBe(202)
  await test.downloads.finished('thing')
  expect((await ask('GET')).json<DownloadList>().items[0]?.status.state).toBe('installed')
  expect((await ask('DELETE', '/thing/file')).statusCode).toBe(204)
  expect((await ask('GET')).json<DownloadList>().items[0]?.status.state).toBe('available')
})

it('takes no address, by name or by field', async () => {
  const before = mirror.requests.length
  expect((await ask('POST', `/${encodeURIComponent(mirror.url)}`)).statusCode).toBe(404)
  expect((await ask('POST', '/thing', testToken, { url: mirror.url })).statusCode).toBe(400)
  expect((await ask('POST', '/thing', testToken, { mirrors: [mirror.url] })).statusCode).toBe(400)
  expect(mirror.requests.length).toBe(before)
})

it('the catalogue that comes with Marquee is sound, with a hash and an encrypted mirror for every entry', async () => {
  const { entries, problems } = await readCatalogues([
    path.resolve(import.meta.dirname, '../../../models/catalogue.json')
  ])
  expect(problems).toEqual([])
  expect(entries.length).toBeGreaterThanOrEqual(30)
  for (const { id, sha256, mirrors } of entries) {
    expect(sha256, id).not.toBeNull()
    expect(
      mirrors.every((url) => url.startsWith('https://')),
      id
    ).toBe(true)
  }
  expect(new Set(entries.map(({ sha256 }) => sha256)).size).toBe(entries.length)
})
