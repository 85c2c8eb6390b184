import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { buildHost, buildPage } from './build-photoshop.ts'
import { zip, type ZipEntry } from './zip.ts'

const project = path.resolve(import.meta.dirname, '../..')

/**
 * What `npm run package` runs: builds the Photoshop plugin into `dist`, or the folder named on the command line: `marquee_PS.ccx`, which a double click installs, and the folder
 * `photoshop`, for the UXP Developer Tool.
 */
async function packagePhotoshop(dist: string): Promise<void> {
  const file = (name: string): Uint8Array => readFileSync(path.join(project, name))
  const icons = path.join('plugin', 'icons')
  const entries: readonly ZipEntry[] = [
    { path: 'manifest.json', data: file('manifest.json') },
    { path: 'index.html', data: file('plugin/photoshop-main.html') },
    { path: 'plugin/host.js', data: Buffer.from(await buildHost()) },
    { path: 'plugin/panel.html', data: Buffer.from(await buildPage()) },
    ...readdirSync(path.join(project, icons)).map((name) => ({
      path: `plugin/icons/${name}`,
      data: file(path.join(icons, name))
    }))
  ]
  const folder = path.join(dist, 'photoshop')
  rmSync(folder, { recursive: true, force: true })
  for (const entry of entries) {
    const target = path.join(folder, entry.path)
    mkdirSync(path.dirname(target), { recursive: true })
    writeFileSync(target, entry.data)
  }
  writeFileSync(path.join(dist, 'marquee_PS.ccx'), zip(entries))
}

const dist = path.resolve(process.argv[2] ?? path.join(project, 'dist'))
await packagePhotoshop(dist)
process.stdout.write(
  `${path.join(dist, 'marquee_PS.ccx')}: double-click it to install the Photoshop panel.\n`
)
process.stdout.write(`${path.join(dist, 'photoshop')}: the same as a folder, for the UXP Developer Tool.\n`)
