import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
