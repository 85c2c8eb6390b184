import type { Catalogue, ModelInfo } from '#protocol/catalogue.ts'
import type { Rect, Size } from '#protocol/geometry.ts'
import type { ImageRef } from '#protocol/images.ts'
import { bytesPerPixel } from '#protocol/pixels.ts'
import type { PromptReport } from '#protocol/prompt.ts'
import type { GenerateRequest } from '#protocol/request.ts'
import type { Job, JobResult } from '#protocol/results.ts'
import { createActions } from '../../plugin/app/actions.ts'
import { viewDocument } from '../../plugin/app/document-view.ts'
import { createServerEvents } from '../../plugin/app/server-events.ts'
import { defaultSettings, type Settings } from '../../plugin/app/settings.ts'
import { createAppStore } from '../../plugin/app/store.ts'
import type { BridgeClient, ImageToSend } from '../../plugin/client/bridge-client.ts'
import { CodedError } from '../../plugin/client/coded-error.ts'
import { inOneBand } from '../../plugin/hosts/bands.ts'
import type {
  Host,
  HostControl,
  HostDocument,
  MaskImage,
  NewLayer,
  Preview
} from '../../plugin/hosts/host.ts'

export const model = (id: string, change: Partial<ModelInfo> = {}): ModelInfo => ({
  id,
  name: id,
  family: 'sd1',
  conditioning: 'none',
  distillation: 'none',
  prediction: 'epsilon',
  nativeSize: 64,
  chunkTokens: 75,
  hasDepthEstimator: false,
  precision: 'fp16',
  bytes: 1,
  sha256: null,
  defaults: { sampler: 'euler', schedule: 'normal', steps: 20, guidance: 7, clipSkip: 1 },
  ...change
})

export const catalogue = (...models: readonly ModelInfo[]): Catalogue => ({
  models: [...models],
  refused: [],
  extensions: [],
  vaes: [],
  folders: [],
  annotators: [],
  upscalers: [],
  samplers: [{ id: 'euler', label: 'Euler' }],
  schedules: [{ id: 'normal', label: 'Normal' }]
})

export const usualModels = catalogue(
  model('plain'),
  model('filler', { conditioning: 'inpaint' }),
  model('deep', { conditioning: 'depth' })
)

export const request = (change: Partial<GenerateRequest> = {}): GenerateRequest => ({
  mode: 'txt2img',
  model: 'plain',
  prompt: 'a red car',
  negativePrompt: '',
  documentId: 'document-1',
  canvas: { width: 8, height: 8 },
  area: { x: 0, y: 0, width: 8, height: 8 },
  strength: 1,
  sampling: { sampler: 'euler', schedule: 'normal', steps: 20, guidance: 7, seed: 7 },
  count: 2,
  workingSize: null,
  ...change
})

export const blob = (digit: string): string => digit.repeat(64)

export const result = (change: Partial<JobResult> = {}): JobResult => ({
  area: { x: 0, y: 0, width: 2, height: 1 },
  variations: [
    { pixels: { blob: blob('a'), width: 2, height: 1, format: 'rgba8' }, seed: 7 },
    { pixels: { blob: blob('b'), width: 2, height: 1, format: 'rgba8' }, seed: 8 }
  ],
  mask: { blob: blob('c'), width: 2, height: 1, format: 'gray8' },
  workingSize: { width: 64, height: 64 },
  seconds: 1,
  ...change
})

export const job = (id: string, change: Partial<Job> = {}): Job => ({
  id,
  state: 'done',
  request: request(),
  created: 1000,
  started: null,
  finished: null,
  position: null,
  result: change.state === undefined || change.state === 'done' ? result() : null,
  error: null,
  ...change
})

/** A mask from rows of `.` (0), `+` (128) and `#` (255). */
export function mask(...rows: readonly string[]): MaskImage {
  const values: Readonly<Record<string, number>> = { '.': 0, '+': 128, '#': 255 }
  const data = Uint8Array.from(rows.join(''), (letter) => values[letter]!)
  return { width: rows[0]!.length, height: rows.length, data }
}

/** A document in memory whose alpha is a mask; it records what is done to it. */
export function createMemoryHost(alpha: MaskImage) {
  const canvas: Size = { width: alpha.width, height: alpha.height }
  const state = {
    document: { id: 'document-1', name: 'Scene', canvas } as HostDocument | null,
    selection: null as { readonly bounds: Rect; readonly mask: MaskImage } | null,
    inserted: [] as { readonly documentId: string; readonly layers: readonly NewLayer[] }[],
    opened: [] as { readonly name: string; readonly layer: NewLayer }[],
    previews: [] as (Preview | null)[],
    controls: [] as readonly HostControl[],
    watchers: new Set<() => void>()
  }
  const host: Host = {
    name: 'Memory',
    document: () => Promise.resolve(state.document),
    selectionBounds: () => Promise.resolve(state.selection?.bounds ?? null),
    selection: () => Promise.resolve(state.selection),
    flatten: ({ x, y, width, height }) => {
      const data = new Uint8ClampedArray(width * height * 4)
      for (let row = 0; row < height; row++)
        for (let column = 0; column < width; column++)
          data[(row * width + column) * 4 + 3] = alpha.data[(y + row) * alpha.width + x + column]!
      return Promise.resolve(inOneBand({ width, height, data }))
    },
    controls: () => Promise.resolve(state.controls),
    emptyBounds: () => {
      const holes = [...alpha.data].flatMap((value, i) => (value < 255 ? [i] : []))
      if (holes.length === 0) return Promise.resolve(null)
      const columns = holes.map((i) => i % alpha.width)
      const rows = holes.map((i) => Math.floor(i / alpha.width))
      const [x, y] = [Math.min(...columns), Math.min(...rows)]
      return Promise.resolve({ x, y, width: Math.max(...columns) - x + 1, height: Math.max(...rows) - y + 1 })
    },
    insertLayers: (documentId, layers) => {
      state.inserted.push({ documentId, layers })
      return Promise.resolve()
    },
    openDocument: (name, layer) => {
      state.opened.push({ name, layer })
      return Promise.resolve()
    },
    chooseArea: (area) => {
      if (state.document === null) return
      const { id, name, canvas, origin } = state.document
      const document = { id, name, canvas, ...(origin === undefined ? {} : { origin }) }
      state.document = area === null ? document : { ...document, area }
    },
    showPreview: (preview) => state.previews.push(preview),
    watch: (changed) => {
      state.watchers.add(changed)
      return () => state.watchers.delete(changed)
    }
  }
  return { host, state }
}

export const promptReport = (tokens: number): PromptReport => {
  const reading = { tokens, chunks: 1, chunkTokens: 75, problems: [] }
  return { prompt: reading, negativePrompt: { ...reading, tokens: 0 } }
}

const bytesOf = ({ blob: name, width, height, format }: ImageRef) =>
  new Uint8Array(width * height * bytesPerPixel(format)).fill(name.charCodeAt(0))

/** A client without a server: it records what it is asked, and gives what the test put there. */
function createFakeClient() {
  const calls: string[] = []
  const sent: { readonly jobId: string; readonly request: GenerateRequest }[] = []
  const uploaded: { readonly ref: ImageRef; readonly image: ImageToSend }[] = []
  const jobs = new Map<string, Job>()
  const failures = new Map<keyof BridgeClient, CodedError>()
  let images = 0
  const answer = <T>(call: keyof BridgeClient, give: () => T): Promise<T> => {
    const failure = failures.get(call)
    return failure === undefined ? Promise.resolve().then(give) : Promise.reject(failure)
  }
  const client: BridgeClient = {
    connect: () => calls.push('connect'),
    disconnect: () => calls.push('disconnect'),
    catalogue: () => answer('catalogue', () => usualModels),
    describe: ({ width, height, format }) =>
      answer('describe', () => ({ blob: (images++).toString(16).padStart(64, '0'), width, height, format })),
    upload: (ref, image) => answer('upload', () => void uploaded.push({ ref, image })),
    generate: (jobId, request) => void sent.push({ jobId, request }),
    cancel: (jobId) => calls.push(`cancel ${jobId}`),
    reorder: (jobId, position) => calls.push(`reorder ${jobId} ${position}`),
    jobs: ({ documentId }) =>
      answer('jobs', () => [...jobs.values()].filter(({ request }) => request.documentId === documentId)),
    job: (jobId) =>
      answer('job', () => {
        const found = jobs.get(jobId)
        if (found === undefined) throw new CodedError('not-found', `There is no job ${jobId}.`)
        return found
      }),
    remove: (jobId) => answer('remove', () => void calls.push(`remove ${jobId}`)),
    pixels: (_jobId, image) => answer('pixels', () => bytesOf(image)),
    pixelBands: (_jobId, image) => answer('pixelBands', () => [bytesOf(image)]),
    png: () => answer('png', () => new Blob()),
    readPrompt: (question) =>
      answer('readPrompt', () => {
        calls.push(`read ${question.prompt}`)
        return promptReport(question.prompt.length)
      }),
    annotate: ({ image }) => answer('annotate', () => image),
    mapPixels: (map) => answer('mapPixels', () => bytesOf(map)),
    extensionPicture: () => answer('extensionPicture', () => new Uint8Array()),
    addModel: (name) => answer('addModel', () => void calls.push(`add ${name}`)),
    chooseForModel: (id, { prediction, vae }) =>
      answer('chooseForModel', () => void calls.push(`choose ${id} ${prediction} ${vae}`)),
    addFolder: (folder) => answer('addFolder', () => void calls.push(`folder ${folder}`)),
    removeFolder: (folder) => answer('removeFolder', () => void calls.push(`no folder ${folder}`)),
    status: () => Promise.reject(new CodedError('not-found', 'Nobody asks how this server is')),
    revokeToken: (id) => answer('revokeToken', () => void calls.push(`revoke ${id}`)),
    downloads: () => Promise.resolve({ items: [], freeBytes: 0, problems: [], mayChange: true }),
    stepDownload: () => Promise.resolve()
  }
  return { client, calls, sent, uploaded, jobs, failures }
}

/** The panel's state and actions over a host in memory and a client without a server, online and ready. */
export async function createTestPanel(alpha: MaskImage, settings: Partial<Settings> = {}) {
  const { host, state: documentState } = createMemoryHost(alpha)
  const fake = createFakeClient()
  const store = createAppStore({ ...defaultSettings, prompt: 'a red car', ...settings })
  const timers: (() => void)[] = []
  let ids = 0
  const actions = createActions({
    store,
    client: fake.client,
    host,
    random: () => 0.5,
    newId: () => `job-${String(++ids).padStart(8, '0')}`,
    now: () => 1000 + ids,
    later: (_milliseconds, action) => {
      timers.push(action)
      return () => timers.splice(timers.indexOf(action), 1)
    }
  })
  const events = createServerEvents({ store, client: fake.client })
  store.dispatch({ type: 'connection-changed', connection: { state: 'online', version: '0', device: 'cpu' } })
  store.dispatch({ type: 'catalogue-loaded', catalogue: usualModels })
  const look = async () => store.dispatch({ type: 'document-viewed', document: await viewDocument(host) })
  await look()
  return {
    store,
    actions,
    events,
    host,
    documentState,
    look,
    runTimers: () => timers.splice(0).forEach((run) => run()),
    ...fake
  }
}
