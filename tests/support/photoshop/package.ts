import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll } from 'vitest'

const root = path.resolve(import.meta.dirname, '../../..')

/** Packages the plugin into a folder as `npm run package` does: in a process that is no test. */
export function packageInto(folder: string): void {
  const args = ['--import', 'tsx', path.join(root, 'plugin/package/package-photoshop.ts'), folder]
  const env = { ...process.env, NODE_ENV: 'production' }
  execFileSync(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** The packaged plugin, for the tests of a file: made before the first of them, removed after the last. */
export function packagedPlugin() {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-panel-'))
  beforeAll(() => packageInto(folder), 120_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return {
    /** A place for what else these tests write. */
    folder,
    read: (name: string): string => readFileSync(path.join(folder, 'photoshop/plugin', name), 'utf8')
  }
}
