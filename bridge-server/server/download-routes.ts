import type { FastifyInstance } from 'fastify'
import { StartDownload, type DownloadList } from '../protocol/downloads.ts'
import { checked } from '../parse.ts'
import { ownersOnly } from './owners.ts'
import { owner } from './tokens.ts'

/** What can be done about models that are not here yet; each rejects with AppError. No address ever comes from a request. */
export interface DownloadKeeper {
  list(): Promise<Omit<DownloadList, 'mayChange'>>
  start(id: string, options: StartDownload): Promise<void>
  pause(id: string): Promise<void>
  resume(id: string): Promise<void>
  cancel(id: string): Promise<void>
  remove(id: string): Promise<void>
}

interface OneDownload {
  Params: { id: string }
}

/**
 * `GET /api/downloads`: what the catalogue has and where each entry stands; a client asks again for progress. The owner
 * alone: `POST /api/downloads/:id` starts one, `…/pause` and `…/resume`, `DELETE /api/downloads/:id` cancels it, and
 * `DELETE /api/downloads/:id/file` removes what was installed.
 */
export async function downloadRoutes(app: FastifyInstance, downloads: DownloadKeeper): Promise<void> {
  app.get('/api/downloads', async (request): Promise<DownloadList> => {
    const isOwner = request.holder === owner
    const list = await downloads.list()
    // Paths of the owner's files are in there.
    return { ...list, problems: isOwner ? list.problems : [], mayChange: isOwner }
  })

  await app.register((owners) => {
    ownersOnly(owners, 'download and remove models')
    owners.post<OneDownload>('/api/downloads/:id', async (request, reply) => {
      await downloads.start(request.params.id, checked(StartDownload, request.body ?? {}))
      return reply.status(202).send()
    })
    for (const [method, path, act] of steps(downloads))
      owners.route<OneDownload>({
        method,
        url: path,
        handler: async (request, reply) => {
          await act(request.params.id)
          return reply.status(204).send()
        }
      })
  })
}

type Step = readonly ['POST' | 'DELETE', string, (id: string) => Promise<void>]

const steps = (downloads: DownloadKeeper): readonly Step[] => [
  ['POST', '/api/downloads/:id/pause', (id) => downloads.pause(id)],
  ['POST', '/api/downloads/:id/resume', (id) => downloads.resume(id)],
  ['DELETE', '/api/downloads/:id', (id) => downloads.cancel(id)],
  ['DELETE', '/api/downloads/:id/file', (id) => downloads.remove(id)]
]
