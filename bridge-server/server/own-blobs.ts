import type { BlobStore } from '../jobs/blobs.ts'
import type { JobStore } from '../jobs/job-store.ts'

/**
 * Blobs as the holder of a token sees them: those that were sent or made with it, and those of its jobs. Whoever knows another's
 * name of a blob neither gets it nor learns that it is here.
 */
export interface OwnBlobs {
  of(holder: string): Pick<BlobStore, 'renew'>
  has(holder: string, id: string): boolean
  /** From now on the holder has it. */
  add(holder: string, id: string): void
}

interface OwnBlobsParts {
  readonly blobs: Pick<BlobStore, 'renew'>
  readonly store: Pick<JobStore, 'ownBlob' | 'ownsBlob'>
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export function createOwnBlobs({ blobs, store, now }: OwnBlobsParts): OwnBlobs {
  const has: OwnBlobs['has'] = (holder, id) => store.ownsBlob(holder, id)
  const add: OwnBlobs['add'] = (holder, id) => store.ownBlob(holder, id, now())
  return {
    has,
    of: (holder) => ({
      renew: async (id) => {
        const bytes = has(holder, id) ? await blobs.renew(id) : null
        if (bytes !== null) add(holder, id)
        return bytes
      }
    }),
    add
  }
}
