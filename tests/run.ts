import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureBrowser, ensureWebKit } from './support/browser.ts'

interface Check {
  readonly name: string
  /** A program of node_modules and what it is given. */
  readonly program: readonly string[]
}

const checks: readonly Check[] = [
  { name: 'types', program: ['tsc', '-p', '.'] },
  { name: 'format', program: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'lint', program: ['eslint', '.'] },
  { name: 'unused code', program: ['knip'] },
  { name: 'the panel builds', program: ['vite', 'build', '--logLevel', 'warn'] }
]

const scratch = mkdtempSync(path.join(tmpdir(), 'marquee-tests-'))
const results: { readonly name: string; readonly passed: number; readonly failed: number }[] = []

const shell = process.platform === 'win32'

function program(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): boolean {
  const { status } = spawnSync('npx', ['--no-install', name, ...args], {
    stdio: 'inherit',
    shell,
    env: { ...process.env, ...env }
  })
  return status === 0
}

/** Checks are one thread's work each, so they run side by side; what one says is printed when it ends. */
function check({ name, program }: Check): Promise<void> {
  const started = performance.now()
  const running = spawn('npx', ['--no-install', ...program], { shell })
  let said = ''
  for (const stream of [running.stdout, running.stderr])
    stream.on('data', (text: Buffer) => (said += text.toString()))
  return new Promise((resolve) =>
    running.on('close', (status) => {
      const ok = status === 0
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      process.stdout.write(`${said}${ok ? '✓' : '✗'} ${name} (${seconds} s)\n`)
      results.push({ name, passed: ok ? 1 : 0, failed: ok ? 0 : 1 })
      resolve()
    })
  )
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

await Promise.all(checks.map(check))
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
