import type { FastifyInstance } from 'fastify'
import { statfs } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'
import type { Queue } from '../jobs/queue.ts'
import { PROTOCOL_VERSION } from '../protocol/messages.ts'
import type { ServerStatus } from '../protocol/status.ts'
import type { Presence } from './presence.ts'
import { owner, type Tokens } from './tokens.ts'

export interface StatusParts {
  readonly version: string
  readonly device: () => string
  readonly compute: () => ServerStatus['compute']
  readonly engine: () => ServerStatus['engine']
  readonly queue: Pick<Queue, 'counts'>
  /** Bytes that the pictures of all jobs take. */
  readonly pictureBytes: () => number
  readonly dataFolder: string
  readonly tokens: Tokens
}

/** `GET /api/status`: how the server is; the owner also sees who else is connected. */
export function statusRoutes(app: FastifyInstance, parts: StatusParts, presence: Presence): void {
  app.get('/api/status', async ({ holder }): Promise<ServerStatus> => {
    const { bavail, bsize } = await statfs(parts.dataFolder)
    const isOwner = holder === owner
    return {
      version: parts.version,
      protocol: PROTOCOL_VERSION,
      time: Date.now(),
      uptimeSeconds: process.uptime(),
      device: parts.device(),
      compute: parts.compute(),
      jobs: parts.queue.counts(),
      engine: parts.engine(),
      memory: { server: process.memoryUsage.rss(), free: freemem(), total: totalmem() },
      disk: { pictures: parts.pictureBytes(), free: bavail * bsize },
      sockets: presence.count(holder),
      tokens: isOwner
        ? parts.tokens.list().map((token) => ({ ...token, sockets: presence.count(token.id) }))
        : null,
      mayChange: isOwner
    }
  })
}
