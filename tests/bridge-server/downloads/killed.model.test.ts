import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { connect } from '../../../plugin/client/marquee-client.ts'
import { entryOf } from '../../support/downloads.ts'
import { startMarquee } from '../../support/marquee.ts'
import { startMirror } from '../../support/mirror.ts'
import { modelBytes } from '../../support/model-bytes.ts'

const file = Buffer.from(modelBytes)

/** A server on that data folder, until `act` is over; then it is killed. */
async function untilKilled(
  data: string,
  act: (marquee: Awaited<ReturnType<typeof connect>>) => Promise<void>
) {
  const server = await startMarquee(data, ['--no-warm'])
  const url = new URL(server.url)
  const marquee = await connect({
    url: url.origin,
    token: new URLSearchParams(url.hash.slice(1)).get('token') ?? ''
  })
  try {
    await act(marquee)
  } finally {
    marquee.close()
    const ended = new Promise((resolve) => server.process.once('exit', resolve))
    server.process.kill('SIGKILL')
    await ended
  }
}

it('a server that is killed in the middle of a download installs nothing half, and the next goes on', async () => {
  const data = await mkdtemp(path.join(tmpdir(), 'marquee-killed-'))
  const models = path.join(data, 'models')
  const installed = async () => (await readdir(models)).filter((name) => !name.startsWith('.'))
  // A tenth of the file at a time, so that a kill finds it under way.
  const mirror = await startMirror(file)
  let isSlow = true
  mirror.misbehaves((request, response) => {
    const [, start = '0'] = /bytes=(\d+)-/.exec(request.headers.range ?? '') ?? []
    const from = Number(start)
    const to = Math.min(file.length, from + Math.ceil(file.length / 10))
    response.writeHead(206, { etag: '"x"', 'content-range': `bytes ${from}-${to - 1}/${file.length}` })
    void wait(isSlow ? 900 : 0).then(() => response.end(file.subarray(from, to)))
    return true
  })
  await writeFile(
    path.join(data, 'catalogue.json'),
    JSON.stringify({ version: 1, entries: [entryOf(file, [mirror.url])] })
  )
  for (const least of [0.1, 0.5])
    await untilKilled(data, async (marquee) => {
      const item = async () => (await marquee.downloads()).items.find(({ id }) => id === 'thing')
      await marquee.stepDownload('thing', (await item())?.status.state === 'paused' ? 'resume' : 'start')
      for (;;) {
        const status = (await item())?.status
        if (status?.state === 'downloading' && status.done >= least * file.length) break
        if (status?.state === 'failed' || status?.state === 'installed')
          throw new Error(`It is ${status.state}`)
        await wait(20)
      }
      expect(await installed()).toEqual([])
    })
  expect(await installed()).toEqual([])
  isSlow = false
  const asked = mirror.requests.length
  await untilKilled(data, async (marquee) => {
    const item = async () => (await marquee.downloads()).items.find(({ id }) => id === 'thing')
    expect((await item())?.status).toMatchObject({ state: 'paused' })
    await marquee.stepDownload('thing', 'resume')
    while ((await item())?.status.state !== 'installed') await wait(20)
  })
  expect((await readFile(path.join(models, 'thing.safetensors'))).equals(file)).toBe(true)
  expect(await readdir(path.join(models, '.downloads'))).toEqual([])
  // What had reached the disk, all but the last two seconds, was not fetched again.
  expect(mirror.requests.length - asked).toBeLessThan(10)
  await mirror.close()
  await rm(data, { recursive: true })
}, 120_000)
