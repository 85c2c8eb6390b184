import { lstat, readdir } from 'node:fs/promises'
import { cpus, release } from 'node:os'
import path from 'node:path'
import { readCatalogues } from '../downloads/catalogue-file.ts'
import { ok, warning, type Finding, type Patient } from './finding.ts'
import { sizeText } from './wording.ts'

export function checkVersions({ config: { version } }: Patient): Finding {
  const processors = cpus()
  return ok(
    'marquee',
    `${version}, Node ${process.version}, ${process.platform} ${release()} ${process.arch}, ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`
  )
}

/** Variables of other programs that change what Marquee does. */
const otherVariables =
  /^(HTTPS?_PROXY|ALL_PROXY|NO_PROXY|HF_TOKEN|NODE_EXTRA_CA_CERTS|NODE_OPTIONS|XDG_DATA_HOME|CUDA_VISIBLE_DEVICES|VK_\w+|LD_LIBRARY_PATH)$/i
/** These may hold a password. */
const secret = /token|proxy|password|secret/i

/** What differs from a start without options; of what may be secret only that it is set. */
export function checkSettings({ given, terminal: { env } }: Patient): Finding {
  const options = [...given].flatMap(([name, values]) =>
    values.map((value) => (secret.test(name) ? `--${name} (set)` : `--${name} ${withoutToken(value)}`))
  )
  const variables = Object.entries(env)
    .filter(
      ([name, value]) => value !== undefined && (name.startsWith('MARQUEE_') || otherVariables.test(name))
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value = '']) =>
      secret.test(name) && !/^no_proxy$/i.test(name) ? `${name} (set)` : `${name}=${withoutToken(value)}`
    )
  const all = [...options, ...variables]
  return ok('settings', all.length === 0 ? 'all as they are by themselves' : all.join(', '))
}

/** The link that a server prints has its token behind #. */
const withoutToken = (value: string): string => value.replace(/#.*/s, '')

/** Mistakes in what can be downloaded. */
export async function checkCatalogue({ config: { data } }: Patient): Promise<readonly Finding[]> {
  const files = [
    path.join(import.meta.dirname, '..', '..', 'models', 'catalogue.json'),
    path.join(data, 'catalogue.json')
  ]
  const { entries, problems } = await readCatalogues(files)
  return [
    ok('catalogue', `${entries.length} files can be downloaded`),
    ...problems.map(({ message, hint = '' }) => warning('catalogue', message, hint))
  ]
}

/** What a folder holds, in words: its size, and that of its largest parts. */
export async function contentOf(folder: string): Promise<string> {
  const parts = await Promise.all(
    (await readdir(folder)).map(async (name) => ({ name, bytes: await sizeOf(path.join(folder, name)) }))
  )
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0)
  const largest = parts
    .filter(({ bytes }) => bytes > 0.01 * total && bytes >= 1e6)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 4)
    .map(({ name, bytes }) => `${name} ${sizeText(bytes)}`)
  return sizeText(total) + (largest.length === 0 ? '' : ` (${largest.join(', ')})`)
}

/** Links are not followed; what goes away meanwhile has no size. */
async function sizeOf(place: string): Promise<number> {
  const stats = await lstat(place).catch(() => null)
  if (stats === null) return 0
  if (!stats.isDirectory()) return stats.size
  let sum = 0
  for (const name of await readdir(place).catch(() => [])) sum += await sizeOf(path.join(place, name))
  return sum
}
