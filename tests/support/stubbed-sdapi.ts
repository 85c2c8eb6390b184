import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { annotatorList } from '../../bridge-server/annotate/registry.ts'
import { createBlobStore } from '../../bridge-server/jobs/blobs.ts'
import { createJobStore } from '../../bridge-server/jobs/job-store.ts'
import { createPreviews } from '../../bridge-server/jobs/previews.ts'
import { createQueue } from '../../bridge-server/jobs/queue.ts'
import type { GenerateRequest } from '../../bridge-server/protocol/request.ts'
import { plainUpscalers } from '../../bridge-server/protocol/upscalers.ts'
import { samplers } from '../../bridge-server/sampling/registry.ts'
import { schedules } from '../../bridge-server/sampling/schedules.ts'
import type { Route } from '../../bridge-server/sdapi/call.ts'
import { workOn } from '../../bridge-server/sdapi/picture-work.ts'
import { picturesIn } from '../../bridge-server/sdapi/pictures.ts'
import { sdapiRoutes } from '../../bridge-server/sdapi/routes.ts'
import { checkRequest } from '../../bridge-server/server/check-request.ts'
import { fakeModel } from './fake-model.ts'
import { patterned } from './sdapi.ts'

export interface StubbedSdapi {
  readonly routes: readonly Route[]
  /** All jobs that were made, oldest first. */
  readonly jobs: readonly GenerateRequest[]
  ask(url: string, body?: unknown, client?: string): Promise<unknown>
  close(): void
}

/** All routes of `/sdapi/v1` with the real queue and pictures, in the place of the engine patterns of each job's size and seed. */
export async function stubbedSdapi(): Promise<StubbedSdapi> {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-sdapi-'))
  const blobs = await createBlobStore(path.join(folder, 'blobs'))
  const store = createJobStore(path.join(folder, 'jobs.db'))
  const previews = createPreviews()
  const jobs: GenerateRequest[] = []
  const queue = createQueue({
    ...{ store, previews },
    run: async ({ request }) => {
      jobs.push(request)
      const { area, canvas, count, sampling, upscale } = request
      const { width, height } = upscale?.size ?? area
      const blob = await blobs.put(new Uint8Array(patterned(width, height, sampling.seed + 2).data))
      const pixels = { blob, width, height, format: 'rgba8' as const }
      return {
        ...{ area, workingSize: canvas, seconds: 0 },
        variations: Array.from({ length: count }, (_, i) => ({ pixels, seed: sampling.seed + i }))
      }
    },
    now: Date.now,
    report: (error) => {
      throw error
    }
  })
  queue.start()
  const upscalers = [...plainUpscalers, { id: 'up/RealESRGAN_x4plus', label: 'RealESRGAN_x4plus' }]
  const catalogue = {
    ...{ models: [fakeModel().info], refused: [], vaes: [], folders: [] },
    ...{ samplers: [...samplers], schedules: [...schedules], upscalers },
    extensions: [
      { kind: 'controlnet' as const, id: 'canny', name: 'canny', family: null, triggers: [], bytes: 1 }
    ],
    annotators: annotatorList(new Set())
  }
  const routes = sdapiRoutes({
    ...{ queue, blobs, previews, samplers, schedules, version: '0' },
    catalogue: () => Promise.resolve(catalogue),
    annotate: ({ image }) => Promise.resolve(image),
    pictures: picturesIn({ ask: (task) => workOn(task, blobs), stop: () => undefined }),
    checkpoints: { unload: () => undefined, load: () => undefined },
    check: (request) => checkRequest(request, blobs),
    optionsFile: path.join(folder, 'options.json'),
    stylesFile: path.join(folder, 'styles.csv')
  })
  return {
    ...{ routes, jobs },
    ask: (url, body, client = 'client') =>
      new Promise((resolve) => {
        const route = routes.find(
          (each) => each.url === url && (each.method === 'POST') === (body !== undefined)
        )
        if (route === undefined) throw new Error(`No route ${url}`)
        resolve(route.answer({ client, body, query: {}, signal: new AbortController().signal }))
      }),
    close: () => {
      store.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
