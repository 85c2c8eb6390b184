import { randomBytes } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openToken } from '../../../bridge-server/server/token.ts'
import { openTokens } from '../../../bridge-server/server/tokens.ts'
import { checked } from '../../../bridge-server/parse.ts'
import { ServerStatus } from '../../../bridge-server/protocol/status.ts'
import { aRequest, newJobId, openSocket, sha256, startBridge, testToken } from '../../support/bridge.ts'

let bridge: Awaited<ReturnType<typeof startBridge>>
beforeEach(async () => {
  bridge = await startBridge({
    run:
      () =>
      ({ request }) =>
        Promise.resolve({ area: request.area, variations: [], workingSize: request.canvas, seconds: 0 })
  })
})
afterEach(() => bridge.close())

const client = 'client-of-tests'
const as = (token: string, method = 'GET', body?: object) => ({
  method,
  headers: {
    authorization: `Bearer ${token}`,
    'x-marquee-client': client,
    ...(body === undefined ? {} : { 'content-type': 'application/json' })
  },
  ...(body === undefined ? {} : { body: JSON.stringify(body) })
})
const call = (url: string, options: RequestInit) => fetch(`${bridge.url}${url}`, options)

async function newToken(name: string) {
  const response = await call('/api/tokens', as(testToken, 'POST', { name }))
  expect(response.status).toBe(201)
  return (await response.json()) as { id: string; token: string }
}

async function jobOf(token: string): Promise<string> {
  const socket = await openSocket(bridge.port, client)
  await socket.hello({ token })
  const jobId = newJobId()
  socket.say({ type: 'generate', jobId, request: aRequest() })
  await socket.next('done', jobId)
  socket.close()
  return jobId
}

it('gives tokens with names, which let in until they are revoked', async () => {
  const { id, token } = await newToken('The tablet')
  expect(await (await call('/api/tokens', as(testToken))).json()).toMatchObject({
    tokens: [{ id, name: 'The tablet' }]
  })
  expect((await call('/api/jobs', as(token))).status).toBe(200)
  const socket = await openSocket(bridge.port, client)
  await socket.hello({ token })
  expect((await call(`/api/tokens/${id}`, as(testToken, 'DELETE'))).status).toBe(204)
  expect((await socket.whenClosed()).reason).toBe('unauthorized')
  expect((await call('/api/jobs', as(token))).status).toBe(401)
  expect((await call(`/api/tokens/${id}`, as(testToken, 'DELETE'))).status).toBe(404)
})

it('lets only the owner look after tokens', async () => {
  const { id, token } = await newToken('Nosy')
  for (const [url, method, body] of [
    ['/api/tokens', 'GET', undefined],
    ['/api/tokens', 'POST', { name: 'mine' }],
    [`/api/tokens/${id}`, 'DELETE', undefined]
  ] as const)
    expect((await call(url, as(token, method, body))).status, `${method} ${url}`).toBe(401)
})

it('keeps no token, only its hash, in a file for its owner alone', async () => {
  const { token } = await newToken('Secret')
  const file = path.join(bridge.data, 'tokens.json')
  const text = await readFile(file, 'utf8')
  expect(text).not.toContain(token)
  expect(text).toContain('Secret')
  if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
  const again = openTokens({ ownerToken: testToken, file, now: Date.now })
  expect(again.holderOf(token)).toBe(again.list()[0]?.id)
  expect(again.holderOf(`${token}x`)).toBeNull()
})

it('shows a token nothing of another one’s jobs, even under the same client id', async () => {
  const [one, two] = [await newToken('One'), await newToken('Two')]
  const jobs = [await jobOf(testToken), await jobOf(one.token), await jobOf(two.token)]
  for (const [index, token] of [testToken, one.token, two.token].entries()) {
    const { jobs: seen } = (await (await call('/api/jobs', as(token))).json()) as { jobs: { id: string }[] }
    expect(seen.map(({ id }) => id)).toEqual([jobs[index]])
    for (const [other, jobId] of jobs.entries())
      for (const [method, url] of [
        ['GET', `/api/jobs/${jobId}`],
        ...(other === index ? [] : [['DELETE', `/api/jobs/${jobId}`] as const]),
        ...(other === index ? [] : [['PUT', `/api/jobs/${jobId}/star`] as const])
      ] as const)
        expect((await call(url, as(token, method))).status, url).toBe(other === index ? 200 : 404)
  }
})

it('gives and names no blob to another token, not even to one that knows what it is called', async () => {
  const [one, two] = [await newToken('One'), await newToken('Two')]
  const pixels = randomBytes(64 * 64 * 4)
  const blob = sha256(pixels)
  const blobCall = (token: string, method: string) =>
    call(`/api/blobs/${blob}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
      ...(method === 'PUT' ? { body: pixels } : {})
    })
  const snapshot = { blob, width: 64, height: 64, format: 'rgba8' as const }
  const ask = async (token: string) => {
    const socket = await openSocket(bridge.port, client)
    await socket.hello({ token })
    const jobId = newJobId()
    socket.say({ type: 'generate', jobId, request: aRequest({ mode: 'img2img', snapshot }) })
    const told = await socket.until(() =>
      socket.messages.find(({ type }) => type === 'done' || type === 'error')
    )
    socket.close()
    return told
  }
  expect((await blobCall(one.token, 'PUT')).status).toBe(201)
  expect((await blobCall(one.token, 'HEAD')).status).toBe(200)
  for (const token of [two.token, testToken]) {
    expect((await blobCall(token, 'HEAD')).status).toBe(404)
    expect(await ask(token)).toMatchObject({ type: 'error', error: { code: 'blob-missing' } })
  }
  expect(await ask(one.token)).toMatchObject({ type: 'done' })
  // Who has the bytes may send them, and is not told that they were here.
  expect((await blobCall(two.token, 'PUT')).status).toBe(201)
  expect((await blobCall(two.token, 'PUT')).status).toBe(200)
  expect(await ask(two.token)).toMatchObject({ type: 'done' })
  // What was noted is forgotten after an hour; what a job names is the holder's as long as the job is.
  bridge.store.forgetOwners(Date.now() + 1)
  expect((await blobCall(one.token, 'HEAD')).status).toBe(200)
  expect((await blobCall(testToken, 'HEAD')).status).toBe(404)
})

it('tells the owner who is connected, and others only of themselves', async () => {
  const { id, token } = await newToken('The tablet')
  const socket = await openSocket(bridge.port, client)
  await socket.hello({ token })
  const statusOf = async (as_: string) =>
    checked(ServerStatus, await (await call('/api/status', as(as_))).json())
  const [own, others] = [await statusOf(testToken), await statusOf(token)]
  expect(own).toMatchObject({ sockets: 0, mayChange: true, tokens: [{ id, name: 'The tablet', sockets: 1 }] })
  expect(others).toMatchObject({ sockets: 1, mayChange: false, tokens: null })
  expect(own).toMatchObject({ version: '0.0.0', device: 'cpu', jobs: { waiting: 0, running: 0 } })
  expect([own.disk.free > 0, own.memory.total > own.memory.free]).toEqual([true, true])
  socket.close()
  await expect.poll(async () => (await statusOf(testToken)).tokens?.[0]?.sockets).toBe(0)
  expect((await fetch(`${bridge.url}/api/status`)).status).toBe(401)
})

it('answers a pairing code with a token of its own', async () => {
  const { code } = (await (await call('/api/pairing', as(testToken, 'POST'))).json()) as { code: string }
  const claim = () =>
    fetch(`${bridge.url}/api/pairing/claim`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code })
    })
  const { token } = (await (await claim()).json()) as { token: string }
  expect(token).not.toBe(testToken)
  expect((await call('/api/jobs', as(token))).status).toBe(200)
  expect((await claim()).status).toBe(401)
  // Else who was let in could stay when that token is revoked.
  expect((await call('/api/pairing', as(token, 'POST'))).status).toBe(401)
})

it('has room for a hundred tokens', async () => {
  for (let i = 0; i < 100; i++) await newToken(`Number ${i}`)
  const response = await call('/api/tokens', as(testToken, 'POST', { name: 'One more' }))
  expect(response.status).toBe(429)
  expect(await response.json()).toMatchObject({ code: 'too-many' })
})

it.each([
  ['nothing', ''],
  ['a few letters', 'abc'],
  ['blanks', ' \n'.repeat(20)]
])('lets nobody in by a token file that holds %s', async (_what, text) => {
  const file = path.join(bridge.data, 'token')
  await writeFile(file, text)
  expect(() => openToken(file)).toThrow(expect.objectContaining({ code: 'data-damaged' }) as Error)
  expect(await readFile(file, 'utf8')).toBe(text)
})

it.each([
  ['half a file', '{"tokens": [{'],
  ['one token without its hash', '{"tokens": [{"id": "token-1", "name": "x", "created": 1}]}']
])('does not start over %s, and forgets no token', async (_what, text) => {
  const file = path.join(bridge.data, 'tokens.json')
  await writeFile(file, text)
  expect(() => openTokens({ ownerToken: testToken, file, now: Date.now })).toThrow(
    expect.objectContaining({
      code: 'data-damaged',
      message: expect.stringContaining(file) as string
    }) as Error
  )
  expect(await readFile(file, 'utf8')).toBe(text)
})
