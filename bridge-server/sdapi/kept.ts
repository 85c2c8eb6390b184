import type { BlobStore } from '../jobs/blobs.ts'
import type { ImageRef } from '../protocol/images.ts'

/** A blob that nothing names is swept away after an hour; a request may wait longer for its turn. */
const renewMs = 600_000

/** Keeps images that no job names in the store while something is done. */
export async function keptWhile<T>(
  blobs: BlobStore,
  images: readonly ImageRef[],
  work: () => Promise<T>
): Promise<T> {
  const renew = (): void => {
    // One that is gone is missed where it is read.
    for (const { blob } of images) blobs.renew(blob).catch(() => null)
  }
  const timer = images.length === 0 ? undefined : setInterval(renew, renewMs)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
