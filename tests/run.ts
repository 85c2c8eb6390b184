import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureBrowser, ensureWebKit } from './support/browser.ts'

/** One row a check: what it is called, and the program of node_modules that makes it. */
const checks: readonly (readonly [string, ...string[]])[] = [
  ['types', 'tsc', '-p', '.'],
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
  ['lint', 'eslint', '.'],
  ['unused code', 'knip'],
  ['the panel builds', 'vite', 'build', '--logLevel', 'warn']
]

const scratch = mkdtempSync(path.join(tmpdir(), 'marquee-tests-'))
const results: { readonly name: string; readonly passed: number; readonly failed: number }[] = []

function program(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): boolean {
  const { status } = spawnSync('npx', ['--no-install', name, ...args], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, ...env }
  })
  return status === 0
}

function tests(project: string, env: NodeJS.ProcessEnv = {}): void {
  const file = path.join(scratch, `${project}.json`)
  const args = [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`
  ]
  const ok = program('vitest', args, env)
  const counts = countsOf(file)
  const crashed = !ok && (counts === null || counts.failed === 0)
  results.push({
    name: project,
    passed: counts?.passed ?? 0,
    failed: (counts?.failed ?? 0) + (crashed ? 1 : 0)
  })
}

function countsOf(file: string): { passed: number; failed: number } | null {
  try {
    const report: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof report !== 'object' || report === null) return null
    const { numPassedTests, numFailedTests } = report as Record<string, unknown>
    return { passed: Number(numPassedTests), failed: Number(numFailedTests) }
  } catch {
    return null
  }
}

for (const [name, command, ...args] of checks) {
  const started = performance.now()
  const ok = program(command ?? '', args)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`${ok ? '✓' : '✗'} ${name} (${seconds} s)\n`)
  results.push({ name, passed: ok ? 1 : 0, failed: ok ? 0 : 1 })
}
tests('unit')
tests('fuzz')
tests('model')
const browser = ensureBrowser()
if (browser === null && process.env.CI !== 'true') {
  process.stdout.write('SKIPPED: the story in a browser. Install Chrome, Chromium or Edge to run it.\n')
} else if (browser === null) {
  process.stdout.write('✗ No browser: install Chrome, Chromium or Edge; with CI=true the story must run.\n')
  results.push({ name: 'e2e', passed: 0, failed: 1 })
} else {
  // The page of the Photoshop panel is tried in both engines; the test says where one cannot be had.
  ensureWebKit()
  tests('e2e', { MARQUEE_TEST_BROWSER: browser })
}

rmSync(scratch, { recursive: true, force: true })
for (const { name, passed, failed } of results)
  process.stdout.write(`${failed === 0 ? '✓' : '✗'} ${name}: ${passed} passed, ${failed} failed\n`)
const passed = results.reduce((sum, result) => sum + result.passed, 0)
const failed = results.reduce((sum, result) => sum + result.failed, 0)
process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
