import type { BlobStore } from '../jobs/blobs.ts'
import type { Previews } from '../jobs/previews.ts'
import type { Queue } from '../jobs/queue.ts'
import type { Catalogue } from '../protocol/catalogue.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import { latentUpscalers } from '../protocol/upscale.ts'
import type { Call, Route } from './call.ts'
import { isObject, wrong } from './fields.ts'
import { generateRoutes } from './generate-routes.ts'
import { chosenModel, chosenVae, hashOf, titleOf } from './models.ts'
import { openOptions, type Options } from './options.ts'
import { encodedPicture } from './pictures.ts'
import { createRuns, type Runs, type Turn } from './runs.ts'
import { samplerAliases, samplerName, scheduleName, type Samplers } from './samplers.ts'
import { defaultOptions, settingsOf } from './settings.ts'
import { readStyles } from './styles.ts'

export interface SdapiParts extends Samplers {
  readonly queue: Queue
  readonly blobs: BlobStore
  readonly previews: Previews
  readonly catalogue: () => Promise<Catalogue>
  /** Throws AppError where a job could not be made. */
  readonly check: (request: GenerateRequest) => Promise<void>
  /** Where clients' options are kept, and where `styles.csv` of the web UI may lie. */
  readonly optionsFile: string
  readonly stylesFile: string
  readonly version: string
}

/** The A1111 HTTP API over the same queue as everybody's jobs. Throws AppError 'settings-invalid' for a damaged options file. */
export function sdapiRoutes(parts: SdapiParts): readonly Route[] {
  const options = openOptions(parts.optionsFile)
  const runs = createRuns(parts.queue)
  const styles = () => readStyles(parts.stylesFile)
  return [
    ...generateRoutes({ ...parts, options, runs, styles }),
    ...runRoutes(parts, runs),
    ...optionRoutes(parts, options),
    ...listRoutes(parts, styles)
  ]
}

const get = (name: string, answer: Route['answer']): Route => ({
  method: 'GET',
  url: `/sdapi/v1/${name}`,
  answer
})
const post = (name: string, answer: Route['answer']): Route => ({
  method: 'POST',
  url: `/sdapi/v1/${name}`,
  answer
})

const runRoutes = (parts: SdapiParts, runs: Runs): readonly Route[] => [
  get('progress', (call) => progressOf(call, parts, runs)),
  post('interrupt', ({ client }) => {
    runs.interrupt(client)
    return {}
  }),
  post('skip', ({ client }) => {
    runs.skip(client)
    return {}
  }),
  { method: 'GET', url: '/internal/ping', answer: () => ({}) }
]

/** As where nothing is being made. */
const idle: Turn = {
  ...{ started: 0, jobs: 0, job: 0, jobId: '', progress: null, preview: null },
  ...{ skipped: false, interrupted: false }
}

async function progressOf({ client, query }: Call, parts: SdapiParts, runs: Runs) {
  const turn = runs.current(client) ?? idle
  const { step, steps, etaSeconds } = turn.progress ?? { step: 0, steps: 0, etaSeconds: 0 }
  const done = turn.job + step / Math.max(1, steps)
  const skipsImage = /^true$/i.test(String(query.skip_current_image))
  return {
    progress: done / Math.max(1, turn.jobs),
    eta_relative: etaSeconds ?? 0,
    state: {
      ...{ skipped: turn.skipped, interrupted: turn.interrupted, stopping_generation: turn.interrupted },
      ...{ job: turn.jobId, job_count: turn.jobs, job_timestamp: timestamp(turn.started), job_no: turn.job },
      ...{ sampling_step: step, sampling_steps: steps }
    },
    current_image: skipsImage ? null : await previewOf(client, turn, parts),
    textinfo: null
  }
}

async function previewOf(client: string, { jobId, preview }: Turn, { queue, previews }: SdapiParts) {
  if (preview === null) return null
  const kept = previews.get(queue.find(client, jobId).key, preview.image.blob)
  if (kept === null) return null
  const { image, bytes } = kept
  const data = new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.length)
  return encodedPicture({ width: image.width, height: image.height, data }, null)
}

/** `20240131235959`. */
const timestamp = (time: number): string => new Date(time).toISOString().replaceAll(/\D/g, '').slice(0, 14)

const optionRoutes = ({ catalogue }: SdapiParts, options: Options): readonly Route[] => [
  get('options', async ({ client }) => {
    const set = { ...defaultOptions, ...options.of(client) }
    const all = await catalogue()
    if (all.models.length === 0) return set
    const model = chosenModel(settingsOf(options.of(client)).checkpoint, all, 'sd_model_checkpoint')
    return { ...set, sd_model_checkpoint: titleOf(model), sd_checkpoint_hash: model.sha256 }
  }),
  post('options', async ({ client, body }) => {
    if (!isObject(body)) throw wrong('body', 'must be an object.')
    const settings = settingsOf({ ...options.of(client), ...body })
    const all = await catalogue()
    if (settings.checkpoint !== null) chosenModel(settings.checkpoint, all, 'sd_model_checkpoint')
    chosenVae(settings.vae, all, 'sd_vae')
    await options.set(client, body)
    return null
  })
]

function listRoutes(
  { samplers, schedules, catalogue }: SdapiParts,
  styles: () => Promise<readonly object[]>
): readonly Route[] {
  const extensions = async (wanted: string) =>
    (await catalogue()).extensions.filter(({ kind }) => kind === wanted)
  return [
    get('samplers', () =>
      samplers.map((each) => ({ name: samplerName(each), aliases: samplerAliases(each), options: {} }))
    ),
    get('schedulers', () =>
      schedules.map((each) => ({
        ...{ name: scheduleName(each), label: each.label, aliases: null },
        ...{ default_rho: -1, need_inner_model: false }
      }))
    ),
    get('upscalers', async () =>
      [{ label: 'None' }, ...(await catalogue()).upscalers].map(({ label }) => ({
        ...{ name: label, model_name: null, model_path: null, model_url: null, scale: 4 }
      }))
    ),
    get('latent-upscale-modes', () => latentUpscalers.map(({ label }) => ({ name: label }))),
    get('sd-models', async () =>
      (await catalogue()).models.map((model) => ({
        ...{ title: titleOf(model), model_name: model.id, hash: hashOf(model) },
        ...{ sha256: model.sha256, filename: model.id, config: null }
      }))
    ),
    get('sd-vae', async () => (await catalogue()).vaes.map(({ id }) => ({ model_name: id, filename: id }))),
    get('loras', async () =>
      (await extensions('lora')).map(({ id, name }) => ({ name, alias: name, path: id, metadata: {} }))
    ),
    get('hypernetworks', async () =>
      (await extensions('hypernetwork')).map(({ id, name }) => ({ name, path: id }))
    ),
    get('embeddings', async () => ({
      loaded: Object.fromEntries((await extensions('embedding')).map(({ name }) => [name, { step: null }])),
      skipped: {}
    })),
    get('prompt-styles', styles),
    get('scripts', () => ({ txt2img: [], img2img: [] })),
    get('cmd-flags', () => ({})),
    get('memory', () => ({
      ram: { used: process.memoryUsage().rss },
      cuda: { error: 'Models run in a process of their own.' }
    })),
    ...['script-info', 'face-restorers', 'realesrgan-models', 'extensions'].map((name) =>
      get(name, () => [])
    ),
    // Folders are looked through whenever somebody asks.
    ...['checkpoints', 'vae', 'loras', 'embeddings'].map((name) =>
      post(`refresh-${name}`, async () => {
        await catalogue()
        return {}
      })
    )
  ]
}
