import { execFileSync } from 'node:child_process'
import { appendFileSync, rmSync } from 'node:fs'
import path from 'node:path'

/** A disk of a few megabytes at an empty folder, which only Linux and root can make; null elsewhere. */
export function mountSmallDisk(folder: string, size: string) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return null
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return null
  }
  const filler = path.join(folder, 'filler')
  return {
    fill: () => {
      for (const piece of [65536, 4096, 1])
        try {
          for (;;) appendFileSync(filler, Buffer.alloc(piece, 1))
        } catch {
          // Full for pieces of this size.
        }
    },
    makeRoom: () => rmSync(filler),
    unmount: () => execFileSync('umount', ['--lazy', folder])
  }
}
