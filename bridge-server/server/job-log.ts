import type { FastifyBaseLogger } from 'fastify'
import type { Queue } from '../jobs/queue.ts'

/** One line for each turn of a job's life, with its id, so that a person's story can be found in the log. No prompts. */
export function logJobs(queue: Queue, log: FastifyBaseLogger): void {
  const known = new Set<string>()
  queue.watch((event, client) => {
    const about = { job: event.jobId, client }
    const name = `${client} ${event.jobId}`
    switch (event.type) {
      case 'queued':
        if (known.has(name)) return
        known.add(name)
        log.info({ ...about, position: event.position }, 'job queued')
        return
      case 'started':
        log.info(about, 'job started')
        return
      case 'done':
        known.delete(name)
        log.info({ ...about, seconds: event.result.seconds }, 'job done')
        return
      case 'failed':
        known.delete(name)
        log.warn({ ...about, error: event.error }, 'job failed')
        return
      case 'cancelled':
        known.delete(name)
        known.delete(name)
        log.info(about, 'job cancelled')
        return
      case 'progress':
      case 'preview':
    }
  })
}
