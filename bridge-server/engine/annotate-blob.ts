import { makeMap, type OpenNetwork } from '../annotate/make-map.ts'
import type { BlobStore } from '../jobs/blobs.ts'
import type { AnnotateRequest } from '../protocol/annotators.ts'
import type { ImageRef } from '../protocol/images.ts'
import { readImage, storeImage } from '../image/picture-blobs.ts'

/** Reads a request's image, makes its map, and stores it. */
export const annotateBlob = async (
  { image, ...settings }: AnnotateRequest,
  blobs: BlobStore,
  open: OpenNetwork
): Promise<ImageRef> => storeImage(blobs, await makeMap(await readImage(blobs, image), settings, open))
