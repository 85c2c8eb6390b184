import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import type { DownloadStatus } from '../../../bridge-server/protocol/downloads.ts'
import { inspectFile } from '../../../bridge-server/weights/inspect-file.ts'
import { entryOf, openTestDownloads, sha256 } from '../../support/downloads.ts'
import { serve, startMirror, type Misbehaviour } from '../../support/mirror.ts'
import { loraBytes, modelBytes, vaeBytes } from '../../support/model-bytes.ts'

const closings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close()
})

const file = randomBytes(150_000)
const another = randomBytes(150_000)
const aMirror = async (misbehave?: Misbehaviour, content = file) => {
  const mirror = await startMirror(content)
  if (misbehave !== undefined) mirror.misbehaves(misbehave)
  closings.push(mirror.close)
  return mirror
}
const opened = async (...given: Parameters<typeof openTestDownloads>) => {
  const test = await openTestDownloads(...given)
  closings.push(test.close)
  return test
}
const aFolder = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'marquee-downloads-'))
  closings.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}
const contentOf = (models: string) => readFile(path.join(models, 'thing.safetensors'))
const isFailed = (status: DownloadStatus) => status.state === 'failed'

/** Sends `bytes` of what was asked for and then breaks the connection. */
const breaksAfter =
  (bytes: number, times = Infinity): Misbehaviour =>
  (request, response) => {
    if (times-- <= 0) return false
    const [, start = '0', end = ''] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? []
    const [from, to] = [Number(start), Number(end) + 1]
    response.writeHead(206, {
      'content-length': to - from,
      'content-range': `bytes ${from}-${to - 1}/${file.length}`
    })
    response.write(file.subarray(from, Math.min(to, from + bytes)), () => response.destroy())
    return true
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

describe('a mirror that misbehaves and still can be used', () => {
  it.each<readonly [string, Misbehaviour]>([
    ['breaks every connection in the middle', breaksAfter(5000)],
    ['breaks connections before a single byte, three times', breaksAfter(0, 3)],
    [
      'knows no ranges',
      (_request, response) => {
        response.writeHead(200, { 'content-length': file.length }).end(file)
        return true
      }
    ],
    [
      'knows no ranges, says no length, and breaks off once',
      (() => {
        let times = 0
        return (_request, response) => {
          response.writeHead(200)
          if (times++ === 0) response.write(file.subarray(0, 60_000), () => response.destroy())
          else response.end(file)
          return true
        }
      })()
    ],
    [
      'says 500, then 429 with a rest, then serves',
      (() => {
        const statuses = [500, 429, 503]
        return (_request, response) => {
          const status = statuses.shift()
          if (status !== undefined) response.writeHead(status, { 'retry-after': '0' }).end('wait')
          return status !== undefined
        }
      })()
    ],
    [
      'falls silent in the middle of an answer, once',
      (() => {
        let times = 0
        return (_request, response) => {
          if (times++ > 0) return false
          const to = Math.min(file.length, 16 * 1024)
          response.writeHead(206, {
            'content-length': to,
            'content-range': `bytes 0-${to - 1}/${file.length}`
          })
          response.write(file.subarray(0, 100))
          return true
        }
      })()
    ],
    [
      'gives fewer bytes than it was asked for, as a range of its own',
      (request, response) => {
        const [, start = '0', end = ''] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? []
        const from = Number(start)
        const to = Math.min(Number(end) + 1, from + 4000)
        response
          .writeHead(206, {
            'content-length': to - from,
            'content-range': `bytes ${from}-${to - 1}/${file.length}`
          })
          .end(file.subarray(from, to))
        return true
      }
    ]
  ])('%s', async (_what, misbehave) => {
    const mirror = await aMirror(misbehave)
    const test = await opened([entryOf(file, [mirror.url])])
    await test.run()
    expect((await contentOf(test.models)).equals(file)).toBe(true)
    expect(await test.files()).toEqual(['thing.safetensors'])
    expect(test.bugs).toEqual([])
  })
})

describe('a mirror that cannot be used gives way to the next, and is named where there is none', () => {
  const cases: readonly (readonly [string, Misbehaviour, RegExp])[] = [
    ['404', (_request, response) => (response.writeHead(404).end(), true), /does not have the file/],
    ['403', (_request, response) => (response.writeHead(403).end(), true), /wants an account/],
    ['500 for ever', (_request, response) => (response.writeHead(500).end(), true), /answered 500/],
    [
      '429 for an hour',
      (_request, response) => (response.writeHead(429, { 'retry-after': '3600' }).end(), true),
      /asked too often/
    ],
    [
      'another range than was asked for',
      (_request, response) => {
        response.writeHead(206, { 'content-range': `bytes 5-10/${file.length}` }).end(file.subarray(5, 11))
        return true
      },
      /was asked for the bytes 0-16383 and sends “bytes 5-10/
    ],
    [
      'a range without saying which',
      (_request, response) => (response.writeHead(206).end(file.subarray(0, 100)), true),
      /was asked for the bytes/
    ],
    [
      'more than the range',
      (_request, response) => {
        response
          .writeHead(206, { 'content-range': `bytes 0-16383/${file.length}` })
          .end(file.subarray(0, 20_000))
        return true
      },
      /sends more than it was asked for/
    ],
    [
      'a file of another size',
      (request, response) => {
        serve(request, response, { file: Buffer.concat([file, file]), etag: '"x"' })
        return true
      },
      /has another file there, of 300000 bytes instead of 150000/
    ],
    [
      'a packed file',
      (_request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(file))
        return true
      },
      /sends its file packed as gzip/
    ],
    [
      'a redirect to itself',
      (request, response) => (response.writeHead(302, { location: request.url }).end(), true),
      /round in a circle/
    ],
    [
      'a redirect to another protocol',
      (_request, response) => (response.writeHead(302, { location: 'file:///etc/passwd' }).end(), true),
      /leads to file:, which is not the web/
    ],
    [
      'another content',
      (request, response) => (serve(request, response, { file: another, etag: '"x"' }), true),
      /gave a file with another content/
    ],
    [
      'silence',
      (request, response) => {
        const range = (request.headers.range ?? '').replace('bytes=', 'bytes ')
        response.writeHead(206, { 'content-range': `${range}/${file.length}` }).flushHeaders()
        return true
      },
      /sent less than 1 bytes in 1 s/
    ]
  ]
  it.each(cases)('%s', async (_what, misbehave, words) => {
    const bad = await aMirror(misbehave)
    const good = await aMirror()
    const test = await opened([entryOf(file, [bad.url])])
    await expect(test.run()).rejects.toMatchObject({ code: 'download-failed' })
    const status = await test.until(isFailed)
    expect(status.state === 'failed' ? status.error.message : '').toMatch(words)
    expect((await test.files()).filter((name) => !name.startsWith('.downloads/'))).toEqual([])
    test.offered.entries = [entryOf(file, [bad.url, good.url])]
    await test.run()
    expect((await contentOf(test.models)).equals(file)).toBe(true)
    expect(await test.files()).toEqual(['thing.safetensors'])
    expect(test.bugs).toEqual([])
  })

  it('and what it gave before it failed is not fetched again', async () => {
    const bad = await aMirror(breaksAfter(3000, 8))
    const failing = bad.requests
    let left = 8
    bad.misbehaves((request, response) =>
      left-- > 0 ? breaksAfter(3000)(request, response) : (response.writeHead(404).end(), true)
    )
    const good = await aMirror()
    const test = await opened([entryOf(file, [bad.url, good.url])])
    await test.run()
    expect((await contentOf(test.models)).equals(file)).toBe(true)
    expect(failing.length).toBeGreaterThan(0)
    expect(
      good.requests.some(({ range }) => Number(/bytes=(\d+)/.exec(range)?.[1]) % (16 * 1024) !== 0)
    ).toBe(true)
  })

  it('of two mirrors whose bytes do not fit together, the right one alone is taken', async () => {
    let left = 3
    const bad = await aMirror((request, response) => {
      if (left-- > 0) serve(request, response, { file: another, etag: '"x"' })
      else response.writeHead(410).end()
      return true
    })
    const good = await aMirror()
    const test = await opened([entryOf(file, [bad.url, good.url])])
    await test.run()
    expect((await contentOf(test.models)).equals(file)).toBe(true)
  })
})

it('what is no model of its kind is thrown away, however right its hash is', async () => {
  const inspect: NonNullable<Parameters<typeof openTestDownloads>[1]>['inspect'] = (
    name,
    kind,
    cacheFolder
  ) => inspectFile(name, kind, { cacheFolder })
  for (const [content, kind, code] of [
    [file, 'checkpoint', 'model-unreadable'],
    [loraBytes, 'checkpoint', 'model-unsupported'],
    [modelBytes, 'controlnet', 'model-unsupported'],
    [loraBytes, 'upscaler', 'model-unsupported'],
    [loraBytes, 'vae', 'model-incomplete']
  ] as const) {
    const mirror = await aMirror(undefined, Buffer.from(content))
    const test = await opened([entryOf(content, [mirror.url], { kind })], { inspect })
    await expect(test.run()).rejects.toMatchObject({ code })
    expect(await test.files()).toEqual([])
    expect(await test.status()).toMatchObject({ state: 'failed', done: 0 })
  }
  for (const [content, kind, place] of [
    [modelBytes, 'checkpoint', 'thing.safetensors'],
    [vaeBytes, 'vae', 'vae/thing.safetensors']
  ] as const) {
    const mirror = await aMirror(undefined, Buffer.from(content))
    const test = await opened([entryOf(content, [mirror.url], { kind })], { inspect })
    await test.run()
    expect(await test.files()).toEqual([place])
  }
})

it('what is right and found no room or place at its end is kept, and needs no second download', async () => {
  const mirror = await aMirror()
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  const models = await aFolder()
  const taken = path.join(models, 'thing.safetensors')
  // Nothing is left to convert in; then somebody else's file comes to stand there meanwhile; then all is well.
  const turns = [() => Promise.reject(full), () => writeFile(taken, 'mine'), () => Promise.resolve()]
  const test = await opened([entryOf(file, [mirror.url])], {
    models,
    inspect: () => (turns.shift() ?? (() => Promise.resolve()))()
  })
  await expect(test.run()).rejects.toMatchObject({ code: 'disk-full' })
  const asked = mirror.requests.length
  await expect(test.run()).rejects.toMatchObject({ code: 'model-exists' })
  expect(await readFile(taken, 'utf8')).toBe('mine')
  await rm(taken)
  await test.run()
  expect((await contentOf(test.models)).equals(file)).toBe(true)
  expect(await test.files()).toEqual(['thing.safetensors'])
  expect(mirror.requests.length).toBe(asked)
})

describe('without a sha256', () => {
  it('nothing is downloaded until a person says that they want it, and then from one mirror alone', async () => {
    const bad = await aMirror(breaksAfter(3000))
    bad.misbehaves((request, response) =>
      bad.requests.length < 4
        ? (serve(request, response, { file: another, etag: '"x"' }), true)
        : (response.writeHead(404).end(), true)
    )
    const good = await aMirror()
    const test = await opened([entryOf(file, [bad.url, good.url], { sha256: null })])
    await expect(test.downloads.start('thing')).rejects.toMatchObject({ code: 'download-unverified' })
    expect([...bad.requests, ...good.requests]).toEqual([])
    await test.run('thing', { unverified: true })
    expect((await contentOf(test.models)).equals(file)).toBe(true)
  })
})

describe('paused, resumed, cancelled', () => {
  /** Lets ten pieces a second through. */
  const slowly: Misbehaviour = async () => {
    await new Promise((resolve) => setTimeout(resolve, 15))
    return false
  }

  it('a pause keeps what is here and a resume fetches only the rest', async () => {
    const mirror = await aMirror(slowly)
    const test = await opened([entryOf(file, [mirror.url])])
    await test.downloads.start('thing')
    await test.until((status) => 'done' in status && status.done > 40_000)
    await test.downloads.pause('thing')
    const paused = await test.status()
    expect(paused).toMatchObject({ state: 'paused' })
    const done = 'done' in paused ? paused.done : 0
    const before = mirror.requests.length
    await test.downloads.resume('thing')
    await test.downloads.finished('thing')
    expect((await contentOf(test.models)).equals(file)).toBe(true)
    const asked = mirror.requests.slice(before).reduce((sum, { range }) => {
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(range) ?? []
      return sum + Number(to) + 1 - Number(from)
    }, 0)
    expect(asked).toBe(file.length - done)
  })

  it('at random moments, any order of them ends in the right file or in nothing', async () => {
    const mirror = await aMirror(slowly)
    const test = await opened([entryOf(file, [mirror.url])])
    // A fixed sequence (multiplicative congruential), so that a failure can be repeated.
    let seed = 7
    const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below
    for (let step = 0; step < 40; step++) {
      const act = (['start', 'pause', 'resume', 'cancel', 'start', 'resume'] as const)[random(6)] ?? 'start'
      await test.downloads[act]('thing').catch((error: unknown) =>
        expect(error).toMatchObject({ code: 'not-found' })
      )
      await new Promise((resolve) => setTimeout(resolve, random(30)))
      const status = await test.status()
      if (status.state === 'installed') {
        expect((await contentOf(test.models)).equals(file)).toBe(true)
        await test.downloads.remove('thing')
        expect(await test.files()).toEqual([])
      }
    }
    await test.run()
    expect((await contentOf(test.models)).equals(file)).toBe(true)
    expect(await test.files()).toEqual(['thing.safetensors'])
    expect(test.bugs).toEqual([])
  })

  it('what is asked at once is done in the order of asking', async () => {
    const mirror = await aMirror(slowly)
    const test = await opened([entryOf(file, [mirror.url])])
    const { downloads } = test
    await downloads.start('thing')
    await downloads.pause('thing')
    await Promise.all([downloads.resume('thing'), downloads.cancel('thing')])
    expect(await test.status()).toEqual({ state: 'available' })
    expect(await test.files()).toEqual([])
    await Promise.all([downloads.start('thing'), downloads.pause('thing')])
    expect(await test.status()).toMatchObject({ state: 'paused' })
    await Promise.all([downloads.resume('thing'), downloads.cancel('thing'), downloads.start('thing')])
    await test.downloads.finished('thing')
    expect(await test.files()).toEqual(['thing.safetensors'])
    expect(test.bugs).toEqual([])
  })

  it('a cancel leaves nothing, and stops asking', async () => {
    const mirror = await aMirror(slowly)
    const test = await opened([entryOf(file, [mirror.url])])
    await test.downloads.start('thing')
    await test.until((status) => 'done' in status && status.done > 0)
    await test.downloads.cancel('thing')
    expect(await test.files()).toEqual([])
    expect(await test.status()).toEqual({ state: 'available' })
    const asked = mirror.requests.length
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(mirror.requests.length).toBe(asked)
    await expect(test.downloads.cancel('thing')).rejects.toMatchObject({ code: 'not-found' })
  })

  it('goes on after a restart as paused, byte-identical, and begins anew where the file changed meanwhile', async () => {
    for (const isChanged of [false, true]) {
      const models = await aFolder()
      const mirror = await aMirror(slowly, isChanged ? another : file)
      const entry = entryOf(file, [mirror.url])
      const first = await openTestDownloads([entry], { models })
      await first.downloads.start('thing')
      await first.until((status) => 'done' in status && status.done > 30_000)
      await first.close()
      mirror.changes(file, '"new"')
      mirror.misbehaves(() => false)
      const second = await openTestDownloads([entry], { models })
      const status = await second.status()
      expect(status).toMatchObject({ state: 'paused' })
      expect('done' in status ? status.done : 0).toBeGreaterThan(30_000)
      await second.downloads.resume('thing')
      await second.downloads.finished('thing')
      expect((await contentOf(models)).equals(file)).toBe(true)
      await second.close()
    }
  })

  it('sweeps what no entry wants any more', async () => {
    const models = await aFolder()
    const mirror = await aMirror(slowly)
    const first = await openTestDownloads([entryOf(file, [mirror.url])], { models })
    await first.downloads.start('thing')
    await first.until((status) => 'done' in status && status.done > 0)
    await first.close()
    await mkdir(path.join(models, '.downloads', 'torn'), { recursive: true })
    await writeFile(path.join(models, '.downloads', 'torn', 'state.json'), '{"half":')
    const second = await openTestDownloads([entryOf(another, [mirror.url])], { models })
    expect(await second.status()).toEqual({ state: 'available' })
    expect(await second.files()).toEqual([])
    await second.close()
  })
})

it('fetches two files at once, each of them once, and the others in turn', async () => {
  let most = 0
  const open = new Set<string>()
  const mirror = await aMirror(async (request) => {
    const { url = '' } = request
    open.add(url)
    most = Math.max(most, open.size)
    await new Promise((resolve) => setTimeout(resolve, 10))
    open.delete(url)
    return false
  })
  const ids = ['a', 'b', 'c', 'd']
  const entries = ids.map((id) => entryOf(file, [`${mirror.url}-${id}`], { id, file: `${id}.safetensors` }))
  const test = await opened(entries)
  for (const id of [...ids, ...ids]) await test.downloads.start(id)
  expect((await test.status('d')).state).toBe('waiting')
  await Promise.all(ids.map((id) => test.downloads.finished(id)))
  expect(most).toBe(2)
  expect(await test.files()).toEqual(ids.map((id) => `${id}.safetensors`))
  expect(mirror.requests.length).toBe(ids.length * Math.ceil(file.length / (16 * 1024)))
})

describe('before anything is asked for', () => {
  it('refuses what the disk has no room for, with both numbers', async () => {
    const mirror = await aMirror()
    const test = await opened([entryOf(file, [mirror.url])], { freeBytes: () => Promise.resolve(500e6) })
    await expect(test.downloads.start('thing')).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringContaining('needs 0.5 GB more, and 0.5 GB are free') as string
    })
    expect(mirror.requests).toEqual([])
  })

  it('counts what other downloads are about to take', async () => {
    const mirror = await aMirror(() => new Promise(() => undefined))
    const large = { ...entryOf(file, [mirror.url], { id: 'large', file: 'large.pth' }), bytes: 2e9 }
    const test = await opened([large, entryOf(file, [mirror.url])], {
      freeBytes: () => Promise.resolve(2.6e9)
    })
    await test.downloads.start('large')
    await expect(test.downloads.start('thing')).resolves.toBeUndefined()
    await test.downloads.cancel('thing')
    const tight = await opened([large, { ...large, id: 'thing', file: 'thing.pth' }], {
      freeBytes: () => Promise.resolve(2.6e9)
    })
    await tight.downloads.start('large')
    await expect(tight.downloads.start('thing')).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringContaining(
        '2.6 GB are free where models are kept, of which other downloads take 2.0 GB'
      ) as string
    })
  })

  it('refuses to write over a file, and through a link that leads out of the models folder', async () => {
    const mirror = await aMirror()
    const test = await opened([
      entryOf(file, [mirror.url]),
      entryOf(file, [mirror.url], { id: 'v', kind: 'vae' })
    ])
    await writeFile(path.join(test.models, 'thing.safetensors'), 'mine')
    await expect(test.downloads.start('thing')).rejects.toMatchObject({ code: 'model-exists' })
    const elsewhere = await aFolder()
    await symlink(elsewhere, path.join(test.models, 'vae'))
    await expect(test.run('v')).rejects.toMatchObject({ code: 'settings-invalid' })
    // What was fetched waits for the link to be put right.
    const files = await test.files()
    expect(files.filter((name) => !name.startsWith('.downloads/v/'))).toEqual(['thing.safetensors'])
    expect(await readFile(path.join(test.models, 'thing.safetensors'), 'utf8')).toBe('mine')
  })

  it('knows nothing but the ids of the catalogue', async () => {
    const test = await opened([])
    for (const act of ['start', 'pause', 'resume', 'cancel', 'remove'] as const)
      await expect(test.downloads[act]('http://127.0.0.1/x')).rejects.toMatchObject({ code: 'not-found' })
  })

  it('shows what is in another folder already by its content', async () => {
    const test = await opened([entryOf(file, ['https://example.org/x'])], {
      known: () => Promise.resolve(new Map([[sha256(file), 'mine/v1-5']]))
    })
    expect(await test.status()).toEqual({ state: 'installed', as: 'mine/v1-5', isRemovable: false })
    await expect(test.downloads.remove('thing')).rejects.toMatchObject({ code: 'model-missing' })
  })
})
