import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Queue } from '../jobs/queue.ts'

interface MetricsParts {
  readonly queue: Queue
  readonly version: string
  readonly device: () => string
}

/** From a picture of the pocket model to a large one on a slow CPU, seconds. */
const jobSeconds = [0.5, 1, 2, 5, 10, 20, 60, 180, 600, 1800]
const requestSeconds = [0.005, 0.02, 0.1, 0.5, 2, 10]

/** What is counted from now on: jobs, requests, sockets, and what Node knows of its process. Nothing names a client or a prompt. */
export function createMetrics(app: FastifyInstance, { queue, version, device }: MetricsParts): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  new Gauge({
    name: 'marquee_info',
    help: 'Always 1; says the version and the device.',
    ...{ registers, labelNames: ['version', 'device'] },
    collect() {
      this.reset()
      this.set({ version, device: device() }, 1)
    }
  })
  countJobs(queue, registers)
  new Gauge({
    name: 'marquee_sockets',
    help: 'Open sockets.',
    registers,
    collect() {
      this.set(app.websocketServer.clients.size)
    }
  })
  const requests = new Histogram({
    name: 'marquee_http_request_seconds',
    help: 'Requests by method, route and status, sockets left out.',
    ...{ registers, labelNames: ['method', 'route', 'status'], buckets: requestSeconds }
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request
    requests.observe(
      { method, route: routeOptions.url ?? 'none', status: reply.statusCode },
      reply.elapsedTime / 1000
    )
    done()
  })
  return registry
}

function countJobs(queue: Queue, registers: Registry[]): void {
  new Gauge({
    name: 'marquee_jobs',
    help: 'Jobs that wait and that run.',
    ...{ registers, labelNames: ['state'] },
    collect() {
      const { waiting, running } = queue.counts()
      this.set({ state: 'queued' }, waiting)
      this.set({ state: 'running' }, running)
    }
  })
  const ended = new Counter({
    name: 'marquee_jobs_ended_total',
    help: 'Jobs that ended, by how; failed ones by their error code.',
    ...{ registers, labelNames: ['state', 'code'] }
  })
  const seconds = new Histogram({
    name: 'marquee_job_seconds',
    help: 'How long the engine worked on jobs that were done.',
    ...{ registers, buckets: jobSeconds }
  })
  queue.watch((event) => {
    if (event.type === 'failed') ended.inc({ state: 'failed', code: event.error.code })
    if (event.type === 'cancelled') ended.inc({ state: 'cancelled', code: '' })
    if (event.type !== 'done') return
    ended.inc({ state: 'done', code: '' })
    seconds.observe(event.result.seconds)
  })
}

/** `/metrics`: the text that Prometheus reads; like all that tells about the server it needs a token. */
export function metricsRoute(app: FastifyInstance, metrics: Registry): void {
  app.get('/metrics', async (_request, reply) => {
    const text = await metrics.metrics()
    return reply.type(metrics.contentType).send(text)
  })
}
