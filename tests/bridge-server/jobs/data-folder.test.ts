import { spawn } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDatabase } from '../../../bridge-server/jobs/database.ts'
import { openDataFolder } from '../../../bridge-server/jobs/data-folder.ts'
import { createJobStore } from '../../../bridge-server/jobs/job-store.ts'
import { openToken } from '../../../bridge-server/server/token.ts'
import { aRequest } from '../../support/bridge.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-data-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('has one owner, says where that one is, and is free after it', () => {
  const first = openDataFolder(folder)
  first.announce('http://localhost:7421/')
  expect(() => openDataFolder(folder)).toThrow(
    expect.objectContaining({
      code: 'data-folder-in-use',
      message: expect.stringContaining('http://localhost:7421/') as unknown
    })
  )
  first.release()
  openDataFolder(folder).release()
})

it('is free after its owner was killed', async () => {
  const code = `import(${JSON.stringify(path.resolve('bridge-server/jobs/data-folder.ts'))})
    .then(({ openDataFolder }) => { openDataFolder(${JSON.stringify(folder)}); console.log('mine'); setInterval(() => {}, 1000) })`
  const owner = spawn(process.execPath, [
    '--import',
    path.resolve('bridge-server/typescript.mjs'),
    '-e',
    code
  ])
  await new Promise((resolve) => owner.stdout.once('data', resolve))
  expect(() => openDataFolder(folder)).toThrow('Another Marquee')
  owner.kill('SIGKILL')
  await new Promise((resolve) => owner.once('exit', resolve))
  openDataFolder(folder).release()
})

it('keeps its token over restarts, from everyone else', async () => {
  const file = path.join(folder, 'token')
  const token = openToken(file)
  expect(token.length).toBeGreaterThanOrEqual(32)
  expect(openToken(file)).toBe(token)
  if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
})

it('refuses a database that a newer Marquee has made', () => {
  const file = path.join(folder, 'jobs.db')
  const migrations = Array.from({ length: 99 }, (_, i) => `CREATE TABLE t${i} (a TEXT) STRICT`)
  openDatabase(file, migrations).close()
  expect(() => createJobStore(file)).toThrow(
    expect.objectContaining({
      code: 'settings-invalid',
      message: expect.stringContaining('version 99') as unknown
    })
  )
})

it('brings an older database up to date and keeps what is in it', () => {
  const file = path.join(folder, 'old.db')
  const first = ['CREATE TABLE notes (text TEXT NOT NULL) STRICT']
  const old = openDatabase(file, first)
  old.run('INSERT INTO notes VALUES (?)', 'kept')
  old.close()
  const now = openDatabase(file, [...first, 'ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 1'])
  expect(now.get('SELECT * FROM notes')).toMatchObject({ text: 'kept', stars: 1 })
  now.close()
})

it('takes back everything of a transaction that fails', () => {
  const database = openDatabase(path.join(folder, 'a.db'), ['CREATE TABLE notes (text TEXT NOT NULL) STRICT'])
  expect(() =>
    database.transaction(() => {
      database.run('INSERT INTO notes VALUES (?)', 'one')
      throw new Error('stop')
    })
  ).toThrow('stop')
  expect(database.all('SELECT * FROM notes')).toEqual([])
  database.close()
})

it('knows which blobs its jobs name, until the job is gone', () => {
  const store = createJobStore(path.join(folder, 'jobs.db'))
  const image = (digit: string) => ({ blob: digit.repeat(64), width: 64, height: 64 })
  const request = aRequest({
    snapshot: { ...image('a'), format: 'rgba8' },
    selection: { ...image('b'), format: 'gray8' }
  })
  const { key } = store.insert({ client: 'client-1', id: 'job-1', request, created: 1 })
  store.start(key, 2)
  store.finish(key, 3, {
    state: 'done',
    result: {
      area: request.area,
      variations: [{ pixels: { ...image('c'), format: 'rgba8' }, seed: 1 }],
      mask: { ...image('b'), format: 'gray8' },
      workingSize: request.canvas,
      seconds: 1
    }
  })
  expect([...store.blobs()].sort()).toEqual(['a', 'b', 'c'].map((digit) => digit.repeat(64)))
  store.remove(key)
  expect([...store.blobs()]).toEqual([])
  store.close()
})
