import { toErrorReply } from '../errors.ts'
import type { DownloadEntry, DownloadItem, DownloadStatus } from '../protocol/downloads.ts'
import { idOf } from './places.ts'
import type { Task } from './task.ts'

interface Standing {
  readonly task: Task | null
  /** The file is in its place. */
  readonly isHere: boolean
  /** Id of a model in any folder that has the same content. */
  readonly elsewhere: string | null
}

/** An entry as it is shown in the list. */
export const itemOf = (entry: DownloadEntry, standing: Standing): DownloadItem => ({
  id: entry.id,
  name: entry.name,
  kind: entry.kind,
  families: entry.families ?? [],
  about: entry.about ?? '',
  licence: entry.licence,
  file: entry.file,
  bytes: entry.bytes,
  sha256: entry.sha256,
  hosts: [...new Set(entry.mirrors.map((url) => new URL(url).host))],
  status: statusOf(entry, standing)
})

function statusOf(entry: DownloadEntry, { task, isHere, elsewhere }: Standing): DownloadStatus {
  if (task !== null) return taskStatus(entry, task)
  if (isHere) return { state: 'installed', as: idOf(entry), isRemovable: true }
  if (elsewhere !== null) return { state: 'installed', as: elsewhere, isRemovable: false }
  return { state: 'available' }
}

function taskStatus({ bytes }: DownloadEntry, task: Task): DownloadStatus {
  const state = task.state()
  const done = task.done()
  if (state === 'failed') return { state, done, error: toErrorReply(task.failure()) }
  if (state !== 'downloading') return { state, done }
  const speed = task.speed()
  return {
    state,
    done,
    from: task.from(),
    bytesPerSecond: speed,
    etaSeconds: speed === null || speed <= 0 ? null : (bytes - done) / speed
  }
}
