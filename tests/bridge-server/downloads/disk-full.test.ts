import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { afterAll, expect, it } from 'vitest'
import { entryOf, openTestDownloads } from '../../support/downloads.ts'
import { startMirror } from '../../support/mirror.ts'
import { mountSmallDisk } from '../../support/small-disk.ts'

const models = mkdtempSync(path.join(tmpdir(), 'marquee-full-'))
const disk = mountSmallDisk(models, '4m')
afterAll(() => {
  disk?.unmount()
  rmSync(models, { recursive: true, force: true })
})

it.skipIf(disk === null)(
  'a disk that fills up in the middle (which can be made only by root on Linux) fails the download, installs nothing, and lets it go on',
  async () => {
    const file = randomBytes(1_500_000)
    const mirror = await startMirror(file)
    const test = await openTestDownloads([entryOf(file, [mirror.url])], {
      models,
      // What is looked at before is not what there is in the end.
      freeBytes: () => Promise.resolve(2 ** 30)
    })
    mirror.misbehaves(() => {
      if (mirror.requests.length === 20) disk?.fill()
      return false
    })
    await expect(test.run()).rejects.toMatchObject({ code: 'disk-full' })
    expect(await test.status()).toMatchObject({ state: 'failed', error: { code: 'disk-full' } })
    const installed = () =>
      readdirSync(models, { recursive: true }).filter((name) => String(name).endsWith('.safetensors'))
    expect(installed()).toEqual([])
    disk?.makeRoom()
    await test.downloads.resume('thing')
    await test.downloads.finished('thing')
    expect(await test.status()).toMatchObject({ state: 'installed' })
    expect(readFileSync(path.join(models, String(installed()[0]))).equals(file)).toBe(true)
    expect(test.bugs).toEqual([])
    await test.close()
    await mirror.close()
  }
)
