import { AppError } from '../errors.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import type { BlobStore } from '../jobs/blobs.ts'
import type { Stage } from '../jobs/job.ts'
import { generate } from '../pipeline/generate.ts'
import { bytesPerPixel, type ImageRef } from '../protocol/images.ts'
import type { Job, JobResult } from '../protocol/results.ts'
import type { Models } from '../runtime/model.ts'

interface RunJobParts {
  readonly blobs: BlobStore
  readonly models: Models
}

/** Reads a job's images, generates, and stores what came out; the result names it. */
export async function runJob(job: Job, { blobs, models }: RunJobParts, stage: Stage): Promise<JobResult> {
  const started = performance.now()
  const { snapshot, selection, depth, controls = [] } = job.request
  const images = {
    ...(snapshot === undefined ? {} : { snapshot: await rgbaOf(blobs, snapshot) }),
    ...(selection === undefined ? {} : { selection: await grayOf(blobs, selection) }),
    ...(depth === undefined ? {} : { depth: await grayOf(blobs, depth) }),
    controls: await Promise.all(controls.map(({ image }) => mapOf(blobs, image))),
    controlMasks: await Promise.all(
      controls.map(({ mask }) => (mask === undefined ? null : grayOf(blobs, mask)))
    )
  }
  const made = await generate(job.request, images, models, {
    signal: stage.signal,
    onProgress: stage.onProgress,
    onPreview: ({ variation, area, image }) =>
      stage.onPreview({
        variation,
        area,
        width: image.width,
        height: image.height,
        bytes: new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.length)
      })
  })
  const variations = []
  for (const { pixels, ...seeds } of made.variations)
    variations.push({ pixels: await storeRgba(blobs, pixels), ...seeds })
  return {
    area: made.area,
    variations,
    ...(made.mask === undefined ? {} : { mask: await storeGray(blobs, made.mask) }),
    ...(made.depth === undefined ? {} : { depth: await storeGray(blobs, made.depth) }),
    workingSize: made.workingSize,
    seconds: (performance.now() - started) / 1000
  }
}

const mapOf = (blobs: BlobStore, image: ImageRef): Promise<Rgba | Gray> =>
  image.format === 'rgba8' ? rgbaOf(blobs, image) : grayOf(blobs, image)

async function rgbaOf(blobs: BlobStore, image: ImageRef): Promise<Rgba> {
  const bytes = await bytesOf(blobs, image)
  const data = new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.length)
  return { width: image.width, height: image.height, data }
}

async function grayOf(blobs: BlobStore, image: ImageRef): Promise<Gray> {
  const bytes = await bytesOf(blobs, image)
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  return { width: image.width, height: image.height, data }
}

async function bytesOf(blobs: BlobStore, { blob, width, height, format }: ImageRef): Promise<Buffer> {
  const bytes = await blobs.get(blob)
  const expected = width * height * bytesPerPixel(format)
  if (bytes.length === expected) return bytes
  throw new AppError('blob-mismatch', {
    message: `Blob ${blob} has ${bytes.length} bytes; ${width} × ${height} ${format} has ${expected}.`
  })
}

async function storeRgba(blobs: BlobStore, { width, height, data }: Rgba): Promise<ImageRef> {
  const blob = await blobs.put(new Uint8Array(data.buffer, data.byteOffset, data.length))
  return { blob, width, height, format: 'rgba8' }
}

async function storeGray(blobs: BlobStore, { width, height, data }: Gray): Promise<ImageRef> {
  return { blob: await blobs.put(data), width, height, format: 'gray8' }
}
