import { execFileSync } from 'node:child_process'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../../..')

/** Packages the plugin into a folder as `npm run package` does: in a process that is no test. */
export function packageInto(folder: string): void {
  const args = ['--import', 'tsx', path.join(root, 'plugin/package/package-photoshop.ts'), folder]
  const env = { ...process.env, NODE_ENV: 'production' }
  execFileSync(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] })
}
