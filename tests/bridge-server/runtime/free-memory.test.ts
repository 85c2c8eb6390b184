import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { freeMemory } from '../../../bridge-server/runtime/free-memory.ts'

const root = mkdtempSync(path.join(tmpdir(), 'marquee-groups-'))
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(root, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

const canTell = process.platform !== 'darwin'
const stat = 'anon 1\ninactive_file 300\nactive_file 50\ntotal_inactive_file 3000\ntotal_active_file 500\n'

test.runIf(canTell)(
  'a container has what its limit leaves, and what files are cached in can be had back',
  () => {
    write({
      'proc/self/cgroup': '0::/service\n',
      'sys/fs/cgroup/service/memory.max': '10000\n',
      'sys/fs/cgroup/service/memory.current': '4000\n',
      'sys/fs/cgroup/service/memory.stat': stat
    })
    expect(freeMemory(root)).toBe(6350)
  }
)

test.runIf(canTell)(
  'the older control groups say the same in other words, at the root of their mount',
  () => {
    write({
      'proc/self/cgroup': '5:devices:/\n4:memory,hugetlb:/docker/abc\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '10000\n',
      'sys/fs/cgroup/memory/memory.usage_in_bytes': '9000\n',
      'sys/fs/cgroup/memory/memory.stat': stat
    })
    expect(freeMemory(root)).toBe(4500)
  }
)

test.runIf(canTell)('the tightest of all groups around it counts', () => {
  write({
    'proc/self/cgroup': '0::/user.slice/editors/one\n',
    'sys/fs/cgroup/user.slice/memory.max': '20000\n',
    'sys/fs/cgroup/user.slice/memory.current': '19000\n',
    'sys/fs/cgroup/user.slice/editors/memory.max': '9000\n',
    'sys/fs/cgroup/user.slice/editors/memory.current': '2000\n',
    'sys/fs/cgroup/user.slice/editors/one/memory.max': 'max\n',
    'sys/fs/cgroup/user.slice/editors/one/memory.current': '1000\n'
  })
  expect(freeMemory(root)).toBe(1000)
})

/** A control group of the system's own with that limit; null where none can be made. */
function makeGroup(limit: number): string | null {
  const places = [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max']
  ] as const
  for (const [mount, file] of places) {
    const group = path.join(mount, `marquee-test-${process.pid}`)
    try {
      if (!existsSync(path.join(mount, 'cgroup.procs'))) continue
      mkdirSync(group)
      writeFileSync(path.join(group, file), String(limit), { flag: 'r+' })
      return group
    } catch {
      if (existsSync(group)) rmdirSync(group)
    }
  }
  process.stderr.write('SKIPPED: no control group can be made here, so a real limit was not felt\n')
  return null
}

test('a real limit of the system is felt by a process under it', () => {
  const limit = 512 * 2 ** 20
  const group = makeGroup(limit)
  if (group === null) return
  try {
    const code = `import { freeMemory } from ${JSON.stringify(new URL('../../../bridge-server/runtime/free-memory.ts', import.meta.url).href)}
      console.log(freeMemory(), process.constrainedMemory())`
    const enter = `echo $$ > ${group}/cgroup.procs && exec "$0" "$@"`
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', code]
    const [free, constrained] = execFileSync('sh', ['-c', enter, ...node], { encoding: 'utf8' })
      .trim()
      .split(' ')
      .map(Number)
    // It has taken some of it itself.
    expect(free).toBeLessThan(limit - 2 ** 20)
    expect(free).toBeGreaterThan(0.5 * limit)
    expect(constrained).toBe(limit)
  } finally {
    rmdirSync(group)
  }
})

test.runIf(canTell)('without a limit it is what the computer has', () => {
  const isClose = (bytes: number | null): void => {
    expect(Math.abs((bytes ?? NaN) - freemem())).toBeLessThan(0.25 * freemem())
  }
  isClose(freeMemory(root))
  write({
    'proc/self/cgroup': '0::/\n',
    'sys/fs/cgroup/memory.max': 'max\n',
    'sys/fs/cgroup/memory.current': '1\n'
  })
  isClose(freeMemory(root))
  isClose(freeMemory())
})
