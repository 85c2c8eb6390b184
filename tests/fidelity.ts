import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Measurement } from './support/fidelity.ts'
import { findGolden } from './support/golden.ts'

/** `npm run fidelity`: runs the tests that compare with the references, and writes what they measured to docs/fidelity.md. */
const root = path.resolve(import.meta.dirname, '..')
const introduction = path.join(root, 'docs/fidelity.md')
const start = '<!-- measured -->'

if (findGolden('pictures') === null) throw new Error('The big golden sets must lie beside the repository.')
const folder = mkdtempSync(path.join(tmpdir(), 'marquee-fidelity-'))
const file = path.join(folder, 'measured.jsonl')
const tests = readdirSync(path.join(root, 'tests/bridge-server'), { recursive: true, encoding: 'utf8' })
  .map((name) => path.join('tests/bridge-server', name))
  .filter(
    (name) => name.endsWith('.test.ts') && readFileSync(path.join(root, name), 'utf8').includes('measured(')
  )
const { status } = spawnSync('npx', ['--no-install', 'vitest', 'run', ...tests], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, MARQUEE_FIDELITY: file }
})
if (status !== 0 || !existsSync(file)) throw new Error('The comparisons did not pass; nothing was written.')

/** The worst value of each row. */
const tables = new Map<string, Map<string, number>>()
for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
  const { table, row, value } = JSON.parse(line) as Measurement
  const rows = tables.get(table) ?? new Map<string, number>()
  rows.set(row, Math.max(value, rows.get(row) ?? 0))
  tables.set(table, rows)
}
rmSync(folder, { recursive: true })

const written = [...tables]
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
  .flatMap(([table, rows]) => [
    `### ${table}`,
    '',
    '| case | largest difference |',
    '|---|---|',
    ...[...rows]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([row, value]) => `| ${row} | ${shown(value)} |`),
    ''
  ])
const [words = ''] = readFileSync(introduction, 'utf8').split(start)
writeFileSync(introduction, `${words}${start}\n\n${written.join('\n')}`)

function shown(value: number): string {
  return value === 0 || value >= 0.1 ? String(Number(value.toPrecision(2))) : value.toExponential(1)
}
