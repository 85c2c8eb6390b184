import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { mallocTunables } from '../../bridge-server/engine/malloc.ts'
import type { Figure } from './figure.ts'
import { clickFigures } from './click.ts'
import { loadFigures } from './load.ts'
import { memoryFigures } from './memory.ts'

/**
 * `npm run bench`: the figures that matter, as a table and as `test-results/bench.json`.
 * `-- --sd15` makes a random SD 1.5 checkpoint of 2 GB in a temporary folder and measures it as well.
 * `-- --load` has a hundred panels press a hundred times each.
 * Shared machines are noisy: compare ratios of one run, not seconds of two.
 */
const root = path.resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(tmpdir(), 'marquee-bench-'))

/** Runs a part in a process of its own, so that its peak memory is its own; it prints its figures as JSON. */
function inProcess(script: string, args: readonly string[]): readonly Figure[] {
  const file = path.join(import.meta.dirname, script)
  const output = execFileSync(process.execPath, ['--import', 'tsx', file, ...args], {
    cwd: root,
    env: { ...process.env, GLIBC_TUNABLES: mallocTunables },
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 24
  })
  const figures: unknown = JSON.parse(output.toString())
  if (!Array.isArray(figures)) throw new Error(`${script} printed no figures`)
  return figures as Figure[]
}

try {
  const sections: Record<string, readonly Figure[]> = {
    'From the click (pocket, 128 × 128, 20 steps, guidance 4)': await clickFigures(folder),
    'The engine (pocket)': inProcess('engine-figures.ts', [path.join(root, 'models/pocket'), '16']),
    'LoRAs in every layer (pocket, mode medium)': inProcess('lora-figures.ts', [
      path.join(root, 'models/pocket'),
      '16',
      'medium'
    ]),
    'The brush (4096 × 4096 document)': inProcess('brush-figures.ts', [])
  }
  if (process.argv.includes('--load'))
    sections['10,000 jobs of 100 panels, an engine that only seems to work'] = await loadFigures(folder)
  if (process.argv.includes('--sd15')) {
    const file = path.join(folder, 'random-sd15.safetensors')
    process.stderr.write('Making a random SD 1.5 checkpoint …\n')
    execFileSync(
      process.execPath,
      ['--import', 'tsx', path.join(import.meta.dirname, 'make-sd15.ts'), file],
      { cwd: root, stdio: 'inherit' }
    )
    sections['SD 1.5, 512 × 512, against the prototype, mode instant'] = inProcess('prototype.ts', [file])
    sections['LoRAs in every layer (SD 1.5, 256 × 256, mode medium)'] = inProcess('lora-figures.ts', [
      file,
      '32',
      'medium'
    ])
    sections['SD 1.5, a picture of 256 × 256, by --memory'] = await memoryFigures(file)
    for (const mode of ['instant', 'medium', 'turbo'])
      sections[`SD 1.5, 512 × 512, mode ${mode}`] = inProcess('engine-figures.ts', [file, '64', mode])
  }

  const lines = [
    `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}`
  ]
  for (const [title, figures] of Object.entries(sections)) {
    lines.push('', title)
    for (const { name, value, unit, goal } of figures) {
      const number = value.toFixed(value < 10 ? 3 : value < 100 ? 1 : 0)
      const wanted = goal === undefined ? '' : `   ${value <= goal ? 'within' : 'OVER'} ${goal}`
      lines.push(`  ${name.padEnd(44)} ${number.padStart(9)} ${unit}${wanted}`)
    }
  }
  process.stdout.write(`${lines.join('\n')}\n`)
  mkdirSync(path.join(root, 'test-results'), { recursive: true })
  writeFileSync(path.join(root, 'test-results/bench.json'), `${JSON.stringify(sections, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
