import type { Catalogue } from '#protocol/catalogue.ts'
import type { ImageRef, PixelFormat } from '#protocol/images.ts'
import type { ServerMessage } from '#protocol/messages.ts'
import type { GenerateRequest } from '#protocol/request.ts'
import type { Job } from '#protocol/results.ts'
import { createConnection, type ConnectionStatus } from './connection.ts'
import { createHttp } from './http.ts'
import { receiveBands, receiveWhole, sendBlob, type Bytes } from './image-transfer.ts'
import { createDownloadRequests, type DownloadRequests } from './download-requests.ts'
import { createMapRequests, type MapRequests } from './map-requests.ts'
import { createModelRequests, type ModelRequests } from './model-requests.ts'
import type { ServerStatus } from '#protocol/status.ts'
import { isCatalogue, isJob, isJobList, isServerStatus } from './replies.ts'
import { sha256 } from './sha256.ts'
import { openWebSocket, type OpenSocket } from './socket.ts'
import type { Token } from './token.ts'

/** Pixels on their way to the server, laid out as protocol/images.ts says. */
export interface ImageToSend {
  readonly width: number
  readonly height: number
  readonly format: PixelFormat
  /** In one piece, or in pieces that follow each other. */
  readonly data: Bytes | readonly Bytes[]
}

/** Everything the panel asks of a bridge server. Promises reject with CodedError for what a person can act on. */
export interface BridgeClient extends ModelRequests, MapRequests, DownloadRequests {
  /** Connects and keeps reconnecting; called again, it tries at once. */
  readonly connect: () => void
  readonly disconnect: () => void
  readonly catalogue: () => Promise<Catalogue>
  readonly status: () => Promise<ServerStatus>
  /** The owner alone may. */
  readonly revokeToken: (id: string) => Promise<void>
  /** Names an image by its bytes, without sending anything. */
  readonly describe: (image: ImageToSend) => Promise<ImageRef>
  /** Sends an image unless the server has it. The reference must be the image's own. */
  readonly upload: (ref: ImageRef, image: ImageToSend) => Promise<void>
  /** Sends a job; repeated after a reconnect until the server has spoken of it. */
  readonly generate: (jobId: string, request: GenerateRequest) => void
  readonly cancel: (jobId: string) => void
  /** Moves a waiting job; position 1 is next. */
  readonly reorder: (jobId: string, position: number) => void
  /** Jobs of a document, newest first. */
  readonly jobs: (filter: { readonly documentId: string; readonly limit: number }) => Promise<readonly Job[]>
  readonly job: (jobId: string) => Promise<Job>
  /** Forgets a job and its result. */
  readonly remove: (jobId: string) => Promise<void>
  /** An image of a job as raw bytes, laid out as its reference says. */
  readonly pixels: (jobId: string, image: ImageRef) => Promise<Uint8Array<ArrayBuffer>>
  /** The same in full-width bands from the top, each small enough to travel in one piece. */
  readonly pixelBands: (jobId: string, image: ImageRef) => Promise<readonly Uint8Array<ArrayBuffer>[]>
  /** An image of a job as PNG. */
  readonly png: (jobId: string, image: ImageRef) => Promise<Blob>
}

interface BridgeClientOptions {
  /** `http://localhost:7421`, without a slash at the end. */
  readonly url: string
  readonly token: Token
  /** Kept by the panel over reloads: jobs belong to it. */
  readonly clientId: string
  readonly onStatus: (status: ConnectionStatus) => void
  readonly onMessage: (message: ServerMessage) => void
  /** What the runtime may lack or do differently; the web's own by default. */
  readonly runtime?: {
    readonly fetch?: typeof fetch
    readonly openSocket?: OpenSocket
    /** Lower-case hexadecimal digest of the pieces, one after the other. */
    readonly sha256?: (pieces: readonly Bytes[]) => Promise<string>
    readonly later?: (milliseconds: number, action: () => void) => () => void
  }
}

export function createBridgeClient(options: BridgeClientOptions): BridgeClient {
  const { url, token, clientId, runtime = {} } = options
  const fetcher = runtime.fetch ?? ((...input) => globalThis.fetch(...input))
  const digest = runtime.sha256 ?? sha256
  const unanswered = new Map<string, GenerateRequest>()

  const connection = createConnection({
    url,
    token,
    clientId,
    openSocket: runtime.openSocket ?? openWebSocket,
    fetch: fetcher,
    later: runtime.later ?? later,
    onStatus: options.onStatus,
    onMessage(message) {
      if (message.type !== 'welcome' && message.jobId !== undefined) unanswered.delete(message.jobId)
      options.onMessage(message)
      if (message.type === 'welcome')
        for (const [jobId, request] of unanswered) connection.send({ type: 'generate', jobId, request })
    }
  })

  const http = createHttp({ url, token, clientId, fetch: fetcher })
  const { ask, askJson } = http
  const imagePath = (jobId: string, { blob }: ImageRef, as: 'raw' | 'png') =>
    `/jobs/${encodeURIComponent(jobId)}/images/${blob}?as=${as}`

  return {
    ...createModelRequests(http),
    ...createMapRequests(http),
    ...createDownloadRequests(http),
    connect: () => connection.open(),
    disconnect: () => connection.close(),
    catalogue: () => askJson('/catalogue', isCatalogue),
    status: () => askJson('/status', isServerStatus),
    async revokeToken(id) {
      await ask(`/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' })
    },
    async describe({ width, height, format, data }) {
      return { blob: await digest(piecesOf(data)), width, height, format }
    },
    upload: ({ blob }, { data }) => sendBlob(http, blob, piecesOf(data)),
    generate(jobId, request) {
      unanswered.set(jobId, request)
      connection.send({ type: 'generate', jobId, request })
    },
    cancel(jobId) {
      unanswered.delete(jobId)
      connection.send({ type: 'cancel', jobId })
    },
    reorder(jobId, position) {
      connection.send({ type: 'reorder', jobId, position })
    },
    async jobs({ documentId, limit }) {
      const path = `/jobs?document=${encodeURIComponent(documentId)}&limit=${limit}`
      return (await askJson(path, isJobList)).jobs
    },
    job: (jobId) => askJson(`/jobs/${encodeURIComponent(jobId)}`, isJob),
    async remove(jobId) {
      await ask(`/jobs/${encodeURIComponent(jobId)}`, { method: 'DELETE' })
    },
    pixels: (jobId, image) => receiveWhole(http, imagePath(jobId, image, 'raw'), image),
    pixelBands: (jobId, image) => receiveBands(http, imagePath(jobId, image, 'raw'), image),
    png: async (jobId, image) => (await ask(imagePath(jobId, image, 'png'))).blob()
  }
}

const piecesOf = (data: ImageToSend['data']): readonly Bytes[] => ('buffer' in data ? [data] : data)

function later(milliseconds: number, action: () => void): () => void {
  const timer = setTimeout(action, milliseconds)
  return () => clearTimeout(timer)
}
