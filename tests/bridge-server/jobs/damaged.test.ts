import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../../bridge-server/jobs/database.ts'
import { migrations } from '../../../bridge-server/jobs/job-rows.ts'
import { createJobStore } from '../../../bridge-server/jobs/job-store.ts'
import type { RunJob } from '../../../bridge-server/jobs/job.ts'
import { aRequest, startBridge, testToken } from '../../support/bridge.ts'

const client = 'client-of-tests'
const nobody: RunJob = (_job, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'marquee-damaged-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const file = (): string => path.join(folder, 'jobs.db')

/** Jobs a, b and c, all done. */
function threeJobs(): void {
  const store = createJobStore(file())
  for (const id of ['a', 'b', 'c']) {
    const { key } = store.insert({ client, id, request: aRequest({ prompt: id }), created: 1 })
    const { area } = aRequest()
    store.finish(key, 2, {
      state: 'done',
      result: { area, variations: [], workingSize: area, seconds: 1 }
    })
  }
  store.close()
}

function damage(set: string, ...values: string[]): void {
  const database = openDatabase(file(), migrations)
  database.run(`UPDATE jobs SET ${set} WHERE id = 'b'`, ...values)
  database.close()
}

const newer = JSON.stringify({ ...aRequest(), holograms: 3 })

test.each([
  ['a request that is no JSON', "request = 'x'", []],
  ['a request of a newer Marquee', 'request = ?', [newer]],
  ['half a result', "result = '{'", []],
  ['an error of an unknown kind', "state = 'failed', error = ?", ['{"code":"melted","message":"x"}']],
  ['a state that there is not', "state = 'resting'", []]
])('%s hides no other job, is told, and stays until it is deleted', async (_what, set, values) => {
  threeJobs()
  damage(set, ...values)
  const bridge = await startBridge({ run: () => nobody, folder })
  const call = (route: string, method = 'GET') =>
    fetch(`${bridge.url}/api/jobs${route}`, {
      method,
      headers: { authorization: `Bearer ${testToken}`, 'x-marquee-client': client }
    })
  try {
    const list = (await (await call('')).json()) as { jobs: { id: string }[]; damaged: unknown }
    expect(list.jobs.map(({ id }) => id)).toEqual(['c', 'a'])
    expect(list.damaged).toEqual([
      {
        id: 'b',
        created: 1,
        error: {
          code: 'data-damaged',
          message: expect.stringMatching(/^Job b is kept, but cannot be read: ./) as string,
          hint: expect.stringContaining('newer Marquee') as string
        }
      }
    ])
    const one = await call('/b')
    expect([one.status, await one.json()]).toMatchObject([500, { code: 'data-damaged' }])
    expect((await call('/a')).status).toBe(200)
    expect((await call('/b', 'DELETE')).status).toBe(204)
    expect(Object.keys((await (await call('')).json()) as object)).toEqual(['jobs'])
    expect(bridge.bugs).toEqual([])
  } finally {
    await bridge.close()
  }
})

test('a waiting job that cannot be read fails in its turn with the reason, and the others run', async () => {
  const store = createJobStore(file())
  for (const id of ['a', 'b', 'c']) store.insert({ client, id, request: aRequest(), created: 1 })
  store.close()
  damage('request = ?', newer)
  const ran: string[] = []
  const bridge = await startBridge({
    run: () => (job) => {
      ran.push(job.id)
      const { area } = job.request
      return Promise.resolve({ area, variations: [], workingSize: area, seconds: 1 })
    },
    folder
  })
  try {
    while (bridge.queue.find(client, 'c').job.state !== 'done') await new Promise(setImmediate)
    expect(ran).toEqual(['a', 'c'])
    expect(bridge.queue.list(client, { limit: 9 }).damaged).toMatchObject([{ id: 'b' }])
    expect(bridge.bugs).toEqual([])
  } finally {
    await bridge.close()
  }
  const database = openDatabase(file(), migrations)
  expect(database.get("SELECT state, request FROM jobs WHERE id = 'b'")).toMatchObject({
    state: 'failed',
    request: newer
  })
  database.close()
})

test('a running one is not in the way of a start', () => {
  const store = createJobStore(file())
  for (const id of ['a', 'b']) store.insert({ client, id, request: aRequest(), created: 1 })
  store.close()
  damage("state = 'running', attempts = 2, request = 'x'")
  const again = createJobStore(file())
  expect(again.interrupted()).toMatchObject([{ id: 'b', attempts: 2 }])
  expect(again.waiting()).toMatchObject([{ id: 'a' }])
  again.close()
})

test('a file that is no database is told by its name, and stays as it is', () => {
  writeFileSync(file(), randomBytes(8192))
  expect(() => createJobStore(file())).toThrow(
    expect.objectContaining({
      code: 'data-damaged',
      message: expect.stringContaining(file()) as string,
      hint: expect.stringContaining('backup') as string
    }) as Error
  )
})

test('a torn page is told as damage, whatever is asked of it', () => {
  const store = createJobStore(file())
  for (let n = 0; n < 200; n++)
    store.insert({ client, id: `job-${n}`, request: aRequest({ prompt: 'x'.repeat(500) }), created: n })
  store.close()
  const bytes = readFileSync(file())
  bytes.fill(0xff, 4096 * 10, 4096 * 30)
  writeFileSync(file(), bytes)
  const torn = createJobStore(file())
  expect(() => torn.list(client, { limit: 500 })).toThrow(
    expect.objectContaining({ code: 'data-damaged' }) as Error
  )
  torn.close()
})
