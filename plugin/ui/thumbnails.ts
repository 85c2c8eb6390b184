import type { ImageRef } from '#protocol/images.ts'

/** Longest side of a thumbnail, in pixels: sharp at 100 CSS pixels on a dense screen. */
const SIDE = 200
/** Thumbnails kept at hand. */
const KEPT = 300

/** Small pictures of results as object URLs. Each is fetched once; only the small picture stays in memory. */
export interface Thumbnails {
  readonly of: (jobId: string, image: ImageRef) => Promise<string>
}

export function createThumbnails(picture: (jobId: string, image: ImageRef) => Promise<Blob>): Thumbnails {
  const made = new Map<string, Promise<string>>()

  function forgetOldest() {
    const [oldest] = made
    if (oldest === undefined || made.size <= KEPT) return
    made.delete(oldest[0])
    void oldest[1].then((url) => URL.revokeObjectURL(url)).catch(() => {})
  }

  return {
    of(jobId, image) {
      const known = made.get(image.blob)
      if (known !== undefined) return known
      const url = picture(jobId, image).then((blob) => scaledDown(blob, image))
      made.set(image.blob, url)
      // A picture that could not be had is asked for anew the next time.
      url.catch(() => made.delete(image.blob))
      forgetOldest()
      return url
    }
  }
}

async function scaledDown(blob: Blob, { width, height }: ImageRef): Promise<string> {
  const scale = Math.min(1, SIDE / Math.max(width, height))
  if (scale === 1) return URL.createObjectURL(blob)
  const bitmap = await createImageBitmap(blob)
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(width * scale))
  canvas.height = Math.max(1, Math.round(height * scale))
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('Bug: no 2D context for a thumbnail')
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  const small = await new Promise<Blob | null>((give) => canvas.toBlob(give))
  if (small === null) throw new Error('Bug: a thumbnail could not be encoded')
  return URL.createObjectURL(small)
}
