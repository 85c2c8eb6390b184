import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { zip } from '../../../plugin/package/zip.ts'
import { runBuilt } from '../../support/photoshop/built-script.ts'
import { packageInto } from '../../support/photoshop/package.ts'
import { runPlugin } from '../../support/photoshop/plugin.ts'
import { createSimulator } from '../../support/photoshop/simulator.ts'

/** Reads an archive by its directory, apart from the writer. */
function unzip(archive: Buffer): ReadonlyMap<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  const files = new Map<string, Buffer>()
  let at = archive.readUInt32LE(end + 16)
  for (let count = archive.readUInt16LE(end + 10); count > 0; count--) {
    expect(archive.toString('latin1', at, at + 4)).toBe('PK\x01\x02')
    const [packed, size, name] = [
      archive.readUInt32LE(at + 20),
      archive.readUInt32LE(at + 24),
      archive.readUInt16LE(at + 28)
    ]
    const local = archive.readUInt32LE(at + 42)
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
    const data = inflateRawSync(archive.subarray(start, start + packed))
    expect(data).toHaveLength(size)
    files.set(archive.toString('utf8', at + 46, at + 46 + name), data)
    at += 46 + name
  }
  return files
}

it('a zip holds what was put into it, and is the same twice', () => {
  const entries = [
    { path: 'a/ü.txt', data: Buffer.from('text '.repeat(1000)) },
    { path: 'empty', data: new Uint8Array() }
  ]
  const files = unzip(zip(entries))
  expect([...files.keys()]).toEqual(['a/ü.txt', 'empty'])
  expect(files.get('a/ü.txt')?.toString()).toBe('text '.repeat(1000))
  expect(zip(entries)).toEqual(zip(entries))
})

describe('npm run package', () => {
  const dist = mkdtempSync(path.join(tmpdir(), 'marquee-package-'))
  let files: ReadonlyMap<string, Buffer>
  const text = (name: string): string => files.get(name)?.toString() ?? ''

  beforeAll(() => {
    packageInto(dist)
    files = unzip(readFileSync(path.join(dist, 'marquee_PS.ccx')))
  }, 120_000)
  afterAll(() => rmSync(dist, { recursive: true, force: true }))

  it('makes an archive and a folder with the same files', () => {
    for (const [name, data] of files)
      expect(readFileSync(path.join(dist, 'photoshop', name)).equals(data), name).toBe(true)
    expect(existsSync(path.join(dist, 'photoshop', 'manifest.json'))).toBe(true)
    expect(statSync(path.join(dist, 'marquee_PS.ccx')).size).toBeLessThan(2_000_000)
  })

  it('has every file that something in it names', () => {
    interface Icon {
      readonly path: string
      readonly scale: readonly number[]
    }
    const manifest = JSON.parse(text('manifest.json')) as {
      readonly main: string
      readonly version: string
      readonly icons: readonly Icon[]
      readonly entrypoints: readonly { readonly icons?: readonly Icon[] }[]
    }
    const icons = [...manifest.icons, ...manifest.entrypoints.flatMap((entry) => entry.icons ?? [])]
    const named = [
      manifest.main,
      ...icons.flatMap((icon) => icon.scale.map((scale) => icon.path.replace(/(\.\w+)$/, `@${scale}x$1`))),
      ...[...text('index.html').matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => name ?? ''),
      ...[...text('plugin/host.js').matchAll(/plugin:\/([\w./-]+)/g)].map(([, name]) => name ?? '')
    ]
    expect(named).toContain('plugin/host.js')
    expect(named).toContain('plugin/panel.html')
    expect(named.filter((name) => !files.has(name))).toEqual([])
    expect([...files.keys()].filter((name) => /^[/@]|\\|\.\./.test(name))).toEqual([])
    const project = JSON.parse(
      readFileSync(path.resolve(import.meta.dirname, '../../../package.json'), 'utf8')
    ) as { version: string }
    expect(manifest.version).toBe(project.version)
  })

  it('has a page that loads nothing from anywhere, by one classic script', () => {
    const whole = text('plugin/panel.html')
    const tags = whole.replace(/(<script[^>]*>)[^]*?<\/script>/g, '$1')
    expect(tags.match(/<script/g)).toEqual(['<script'])
    const page = tags + whole.slice(whole.indexOf('<style'), whole.indexOf('</style>'))
    expect(whole).not.toContain('localStorage')
    expect(page).not.toMatch(/<script[^>]+(src|type=|crossorigin)/)
    expect(page).not.toMatch(/<link/)
    expect(page).not.toMatch(/@import|url\((?!["']?data:)/)
  })

  it('has a script without React that runs with nothing but what Photoshop has', async () => {
    const script = text('plugin/host.js')
    expect(script.length).toBeLessThan(150_000)
    expect(script).not.toMatch(/createElement\(`div|react/i)
    const simulator = createSimulator()
    const plugin = runPlugin(simulator, { bridge: 'http://localhost:1', start: runBuilt(script) })
    plugin.showPanel()
    const panel = plugin.loadPage()
    await expect
      .poll(() => panel.store.getState().connection, { timeout: 10_000 })
      .toEqual({ state: 'offline', cause: 'not-running' })
    plugin.quit()
    expect(simulator.faults()).toEqual([])
  })
})
