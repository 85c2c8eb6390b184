import { readFileSync } from 'node:fs'
import { freemem, platform } from 'node:os'
import path from 'node:path'

/**
 * Bytes of memory that a process could take now without taking them from another: of the computer, and of the container where one
 * limits it. What files are cached in counts as free, for the system gives it back. Null where that cannot be told: macOS says only
 * what was never used, which is next to nothing.
 */
export function freeMemory(root = '/'): number | null {
  if (platform() === 'darwin') return null
  return Math.min(freemem(), ...containerFree(root))
}

/**
 * The two versions of control groups. The limit may be that of any group around a process's own (a slice of systemd's), and in a
 * container its own group may lie at the root of the mount.
 */
function containerFree(root: string): readonly number[] {
  const groups = (read(path.join(root, 'proc/self/cgroup')) ?? '').split('\n').map((line) => line.split(':'))
  const mount = path.join(root, 'sys/fs/cgroup')
  return groups.flatMap(([, controllers = '', folder = '']) => {
    const isOld = controllers.split(',').includes('memory')
    if (!isOld && controllers !== '') return []
    const base = isOld ? path.join(mount, 'memory') : mount
    return withParents(folder).flatMap(
      (group) => groupFree(path.join(base, group), isOld ? old : unified) ?? []
    )
  })
}

/** `/a/b` → `/a/b`, `/a`, `/`. */
function withParents(folder: string): readonly string[] {
  const parent = path.posix.dirname(folder)
  return parent === folder || parent === '.' ? ['/'] : [folder, ...withParents(parent)]
}

interface GroupFiles {
  readonly limit: string
  readonly used: string
  /** Lines of memory.stat with what is cached of files. */
  readonly cached: readonly string[]
}

const unified: GroupFiles = {
  limit: 'memory.max',
  used: 'memory.current',
  cached: ['active_file', 'inactive_file']
}
const old: GroupFiles = {
  limit: 'memory.limit_in_bytes',
  used: 'memory.usage_in_bytes',
  cached: ['total_active_file', 'total_inactive_file']
}

/** Null where there is no such group or it has no limit, which is the word `max` or a number beyond all machines. */
function groupFree(group: string, files: GroupFiles): number | null {
  const [limit, used] = [files.limit, files.used].map((name) => Number(read(path.join(group, name)) ?? NaN))
  if (limit === undefined || used === undefined || !(limit < 2 ** 60) || Number.isNaN(used)) return null
  const stat = read(path.join(group, 'memory.stat')) ?? ''
  const cached = files.cached.map((name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0))
  return Math.max(0, limit - used + cached.reduce((sum, bytes) => sum + bytes, 0))
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
