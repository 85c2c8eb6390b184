import fastifyStatic from '@fastify/static'
import fastifyWebsocket from '@fastify/websocket'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { createBlobUploads } from '../jobs/blob-uploads.ts'
import type { BlobStore } from '../jobs/blobs.ts'
import type { JobStore } from '../jobs/job-store.ts'
import type { Previews } from '../jobs/previews.ts'
import type { Catalogue } from '../protocol/catalogue.ts'
import { PROTOCOL_VERSION } from '../protocol/messages.ts'
import { parseJson } from '../parse.ts'
import { namesOf, type Access } from './access.ts'
import { annotateRoutes, type Annotate } from './annotate-routes.ts'
import { blobRoutes } from './blob-routes.ts'
import { checkDescribed, docsRoutes } from './docs-routes.ts'
import { extensionRoutes, type ExtensionPicture } from './extension-routes.ts'
import { downloadRoutes, type DownloadKeeper } from './download-routes.ts'
import { answerErrors } from './error-replies.ts'
import { jobRoutes } from './job-routes.ts'
import { createUploadQuota } from './limits.ts'
import { createMetrics, metricsRoute } from './metrics.ts'
import { guardPace } from './pace.ts'
import { claimRoute, createPairing, offerRoute } from './pairing.ts'
import { catalogueRoute, modelRoutes, type ModelKeeper } from './model-routes.ts'
import { createOwnBlobs } from './own-blobs.ts'
import { createPresence } from './presence.ts'
import { promptRoutes, type ReadPrompt } from './prompt-routes.ts'
import type { Route } from '../sdapi/call.ts'
import { registerSdapi, type SdapiAccess } from './sdapi.ts'
import { guardRequests, requireToken } from './security.ts'
import { guardUpgrades, socketRoute, type SocketParts } from './socket.ts'
import { statusRoutes, type StatusParts } from './status-routes.ts'
import { tokenRoutes } from './token-routes.ts'
import { answerBroken, createWebServer } from './web-server.ts'

/** A message is JSON with prompts in it, and no pixels. */
const maxMessageBytes = 256 * 1024

interface AppParts
  extends Omit<SocketParts, 'owned' | 'presence'>, Pick<StatusParts, 'compute' | 'engine' | 'dataFolder'> {
  readonly blobs: BlobStore
  readonly store: JobStore
  /** Used for the `Host` check while the app does not listen. */
  readonly port: number
  readonly access: Access
  readonly previews: Previews
  readonly catalogue: () => Promise<Catalogue>
  readonly models: ModelKeeper
  readonly extensionPicture: ExtensionPicture
  readonly downloads: DownloadKeeper
  readonly readPrompt: ReadPrompt
  readonly annotate: Annotate
  /** The A1111 API; absent where it is off. */
  readonly sdapi?: { readonly access: SdapiAccess; readonly routes: readonly Route[] }
  /** The built browser page. */
  readonly pageFolder: string
  readonly log: FastifyBaseLogger
}

/** The bridge server's HTTP and socket surface, not listening yet (see listen.ts). */
export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { access, limits, tokens } = parts
  const app = Fastify({
    loggerInstance: parts.log,
    forceCloseConnections: true,
    clientErrorHandler: answerBroken,
    serverFactory: (handler) => createWebServer(handler, access, limits)
  })
  checkDescribed(app)
  const port = (): number => boundPort(app.server.address()) ?? parts.port
  const pairing = createPairing({
    issue: () => tokens.add('Paired by code').token,
    now: Date.now
  })
  const metrics = createMetrics(app, parts)
  const owned = createOwnBlobs({ ...parts, now: Date.now })
  const presence = createPresence()
  answerErrors(app)
  await app.register(fastifyWebsocket, { options: { maxPayload: maxMessageBytes } })
  // After the plugin, whose hooks would else not close the socket of an upgrade that is refused here.
  guardRequests(app, { port, secure: access.tls !== null, names: namesOf(access) })
  guardUpgrades(app)
  guardPace(app, limits)
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, parsed) => {
    try {
      parsed(null, parseJson(String(body)))
    } catch (error) {
      parsed(error instanceof Error ? error : new Error(String(error)))
    }
  })

  const health = () => ({ name: 'marquee', version: parts.version, protocol: PROTOCOL_VERSION })
  app.get('/api/health', health)
  app.get('/health', health)
  await app.register((open) => {
    docsRoutes(open, parts.version)
    socketRoute(open, { ...parts, owned, presence })
    claimRoute(open, pairing)
  })
  await app.register(async (closed) => {
    closed.decorateRequest('holder', '')
    closed.addHook('onRequest', (request, _reply, done) => {
      requireToken(request, tokens)
      done()
    })
    // Files stay streams.
    closed.addContentTypeParser('application/octet-stream', (_request, payload, parsed) =>
      parsed(null, payload)
    )
    catalogueRoute(closed, parts.catalogue)
    blobRoutes(closed, {
      ...{ blobs: parts.blobs, owned },
      uploads: createBlobUploads(parts.blobs, Date.now),
      takeUpload: createUploadQuota(limits.uploadBytes, Date.now)
    })
    jobRoutes(closed, parts)
    modelRoutes(closed, parts.models, createUploadQuota(limits.modelBytes, Date.now))
    extensionRoutes(closed, parts.extensionPicture)
    await downloadRoutes(closed, parts.downloads)
    promptRoutes(closed, parts.readPrompt)
    annotateRoutes(closed, { ...parts, owned })
    statusRoutes(closed, { ...parts, pictureBytes: () => parts.store.blobBytes() }, presence)
    metricsRoute(closed, metrics)
    await closed.register((owners) => {
      tokenRoutes(owners, tokens)
      offerRoute(owners, pairing)
    })
  })
  const { sdapi } = parts
  if (sdapi !== undefined)
    await app.register((programs, _options, done) => {
      const scheme = access.tls === null ? 'http' : 'https'
      const origins = () => namesOf(access).map((name) => `${scheme}://${name}:${port()}`)
      registerSdapi(programs, { ...sdapi, tokens, origins })
      done()
    })
  await servePage(app, parts.pageFolder)
  return app
}

async function servePage(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(folder)) return
  await app.register(fastifyStatic, {
    root: folder,
    // Vite puts a hash of the content into the names of everything under assets/.
    setHeaders: (reply, file) => {
      const hashed = file.startsWith(path.join(folder, 'assets'))
      void reply.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
    cacheControl: false
  })
}

const boundPort = (address: AddressInfo | string | null): number | null =>
  typeof address === 'object' && address !== null ? address.port : null
