import { createHash } from 'node:crypto'
import type { ImageRef } from '../protocol/images.ts'
import type { PreviewImage } from './job.ts'

interface KeptPreview {
  readonly image: ImageRef
  readonly bytes: Uint8Array
}

/** The latest preview of each variation of the jobs that run, in memory: nothing is lost with them. */
export interface Previews {
  /** Keeps a preview in place of its variation's last one. */
  put(key: number, preview: PreviewImage): ImageRef
  /** A job's preview, null where a later one has taken its place. */
  get(key: number, blob: string): KeptPreview | null
  drop(key: number): void
}

export function createPreviews(): Previews {
  const jobs = new Map<number, Map<number, KeptPreview>>()
  return {
    put: (key, { variation, width, height, bytes }) => {
      const blob = createHash('sha256').update(bytes).digest('hex')
      const image: ImageRef = { blob, width, height, format: 'rgba8' }
      const variations = jobs.get(key) ?? new Map<number, KeptPreview>()
      jobs.set(key, variations.set(variation, { image, bytes }))
      return image
    },
    get: (key, blob) => [...(jobs.get(key)?.values() ?? [])].find(({ image }) => image.blob === blob) ?? null,
    drop: (key) => {
      jobs.delete(key)
    }
  }
}
