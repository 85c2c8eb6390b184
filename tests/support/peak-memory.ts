import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { mallocTunables } from '../../bridge-server/engine/malloc.ts'
import type { ErrorReply } from '../../bridge-server/protocol/errors.ts'

export const canMeasureMemory = process.platform === 'linux'

export interface PictureMemory {
  /** Bytes, beyond what the process had before it opened the model. */
  readonly peak: number
  readonly seconds: number
  /** Bytes of the picture's pixels; undefined where it failed. */
  readonly bytes?: number
  /** Networks that were open when it was done. */
  readonly open?: readonly string[]
  readonly error?: ErrorReply
}

interface Picture {
  readonly checkpoint: string
  /** Pixels. */
  readonly side: number
  /** As --memory. */
  readonly memoryBytes: number
}

/**
 * A picture of two steps with guidance in a process of its own, with the engine's malloc, and the memory that it took at its most.
 * Counted is RssAnon: what the process wrote itself. Resident memory also counts pages of files that are mapped (weights), which the
 * system takes back whenever it likes. It keeps no record of the peak, so it is read every other millisecond.
 */
export async function pictureMemory({ checkpoint, side, memoryBytes }: Picture): Promise<PictureMemory> {
  const script = path.join(import.meta.dirname, 'picture-process.ts')
  const child = fork(script, [checkpoint, String(side), String(memoryBytes)], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, GLIBC_TUNABLES: mallocTunables }
  })
  await once(child, 'message')
  const [before, started] = [anonymousBytes(child), performance.now()]
  let peak = before
  const timer = setInterval(() => (peak = Math.max(peak, anonymousBytes(child))), 2)
  const [ended] = (await once(child, 'message')) as [Pick<PictureMemory, 'bytes' | 'open' | 'error'>]
  clearInterval(timer)
  return { ...ended, peak: peak - before, seconds: (performance.now() - started) / 1000 }
}

function anonymousBytes({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8')
  return 1024 * Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? 0)
}
