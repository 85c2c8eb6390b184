import { createHash } from 'node:crypto'
import type { ImageRef } from '../protocol/images.ts'
import type { PreviewImage } from './job.ts'

interface KeptPreview {
  readonly image: ImageRef
  readonly bytes: Uint8Array
}

/** The latest previews of each variation of the jobs that run, in memory: nothing is lost with them. */
export interface Previews {
  /** Keeps a preview in place of its variation's oldest one. */
  put(key: number, preview: PreviewImage): ImageRef
  /** A job's preview, null where later ones have taken its place. */
  get(key: number, blob: string): KeptPreview | null
  drop(key: number): void
}

/** Who is told of one may still be asking for it when the next ones are there. */
const keptOfVariation = 3

export function createPreviews(): Previews {
  const jobs = new Map<number, Map<number, readonly KeptPreview[]>>()
  return {
    put: (key, { variation, width, height, bytes }) => {
      const blob = createHash('sha256').update(bytes).digest('hex')
      const image: ImageRef = { blob, width, height, format: 'rgba8' }
      const variations = jobs.get(key) ?? new Map<number, readonly KeptPreview[]>()
      const latest = [{ image, bytes }, ...(variations.get(variation) ?? [])].slice(0, keptOfVariation)
      jobs.set(key, variations.set(variation, latest))
      return image
    },
    get: (key, blob) =>
      [...(jobs.get(key)?.values() ?? [])].flat().find(({ image }) => image.blob === blob) ?? null,
    drop: (key) => {
      jobs.delete(key)
    }
  }
}
