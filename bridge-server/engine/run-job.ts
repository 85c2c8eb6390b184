import type { BlobStore } from '../jobs/blobs.ts'
import type { Stage } from '../jobs/job.ts'
import { generate } from '../pipeline/generate.ts'
import type { Progress } from '../pipeline/progress.ts'
import type { Job, JobResult } from '../protocol/results.ts'
import type { Models } from '../runtime/model.ts'
import { readGray, readImage, readRgba, storeImage } from '../image/picture-blobs.ts'

interface RunJobParts {
  readonly blobs: BlobStore
  readonly models: Models
}

/** Reads a job's images, generates, and stores what came out; the result names it. A job that is cancelled stores nothing. */
export async function runJob(job: Job, { blobs, models }: RunJobParts, stage: Stage): Promise<JobResult> {
  const started = performance.now()
  const { snapshot, selection, depth, controls = [] } = job.request
  const images = {
    ...(snapshot === undefined ? {} : { snapshot: await readRgba(blobs, snapshot) }),
    ...(selection === undefined ? {} : { selection: await readGray(blobs, selection) }),
    ...(depth === undefined ? {} : { depth: await readGray(blobs, depth) }),
    controls: await Promise.all(controls.map(({ image }) => readImage(blobs, image))),
    controlMasks: await Promise.all(
      controls.map(({ mask }) => (mask === undefined ? Promise.resolve(null) : readGray(blobs, mask)))
    )
  }
  let last: Omit<Progress, 'phase'> = { variation: 0, variations: job.request.count, step: 0, steps: 0 }
  const made = await generate(job.request, images, models, {
    signal: stage.signal,
    onProgress(progress) {
      last = progress
      stage.onProgress(progress)
    },
    onPreview: ({ variation, area, image }) =>
      stage.onPreview({
        variation,
        area,
        width: image.width,
        height: image.height,
        bytes: new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.length)
      })
  })
  stage.signal.throwIfAborted()
  stage.onProgress({ ...last, phase: 'storing' })
  const variations = []
  for (const { pixels, ...seeds } of made.variations)
    variations.push({ pixels: await storeImage(blobs, pixels), ...seeds })
  return {
    ...(made.scale === undefined ? {} : { scale: made.scale }),
    area: made.area,
    variations,
    ...(made.mask === undefined ? {} : { mask: await storeImage(blobs, made.mask) }),
    ...(made.depth === undefined ? {} : { depth: await storeImage(blobs, made.depth) }),
    workingSize: made.workingSize,
    seconds: (performance.now() - started) / 1000
  }
}
