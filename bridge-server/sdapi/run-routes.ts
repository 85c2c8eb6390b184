import type { Previews } from '../jobs/previews.ts'
import type { Queue } from '../jobs/queue.ts'
import type { Call, Route } from './call.ts'
import { fieldsOf } from './fields.ts'
import type { Runs, Turn } from './runs.ts'
import { timestamp } from './timestamp.ts'

interface RunParts {
  readonly queue: Queue
  readonly previews: Previews
  readonly runs: Runs
}

const empty = () => ({})

/** What clients ask while pictures are made, and how they end it. */
export const runRoutes = (parts: RunParts): readonly Route[] => [
  { method: 'GET', url: '/sdapi/v1/progress', answer: (call) => progressOf(call, parts) },
  {
    method: 'POST',
    url: '/sdapi/v1/interrupt',
    answer: ({ client }) => {
      parts.runs.interrupt(client)
      return {}
    }
  },
  {
    method: 'POST',
    url: '/sdapi/v1/skip',
    answer: ({ client }) => {
      parts.runs.skip(client)
      return {}
    }
  },
  { method: 'GET', url: '/internal/ping', answer: empty },
  {
    method: 'GET',
    url: '/internal/pendingTasks',
    answer: ({ client }) => {
      const tasks = parts.runs.turns(client).map(({ taskId }) => taskId)
      return { size: tasks.length, tasks }
    }
  },
  { method: 'POST', url: '/internal/progress', answer: (call) => taskProgress(call, parts) }
]

/** As where nothing is being made. */
const idle: Turn = {
  ...{ taskId: '', started: 0, jobs: 0, job: 0, jobId: '', progress: null, preview: null },
  ...{ skipped: false, interrupted: false }
}

/** 0…1 */
function doneOf({ job, jobs, progress }: Turn): number {
  const { step, steps } = progress ?? { step: 0, steps: 0 }
  return (job + step / Math.max(1, steps)) / Math.max(1, jobs)
}

async function progressOf({ client, query }: Call, parts: RunParts) {
  const turn = parts.runs.turns(client)[0] ?? idle
  const { step, steps, etaSeconds } = turn.progress ?? { step: 0, steps: 0, etaSeconds: 0 }
  const skipsImage = /^true$/i.test(String(query.skip_current_image))
  return {
    progress: doneOf(turn),
    eta_relative: etaSeconds ?? 0,
    state: {
      ...{ skipped: turn.skipped, interrupted: turn.interrupted, stopping_generation: turn.interrupted },
      ...{
        job: turn.jobId,
        job_count: turn.jobs,
        job_timestamp: timestamp(new Date(turn.started)),
        job_no: turn.job
      },
      ...{ sampling_step: step, sampling_steps: steps }
    },
    current_image: skipsImage ? null : ((await previewOf(client, turn, parts))?.file ?? null),
    textinfo: null
  }
}

/** Of one request, by the name that it was given as `force_task_id`. */
async function taskProgress({ client, body }: Call, parts: RunParts) {
  const fields = fieldsOf(body)
  const taskId = fields.text('id_task', '')
  const known = fields.integer('id_live_preview', -1, { min: -1, max: 2 ** 31 })
  const wantsPreview = fields.flag('live_preview', true)
  const turns = parts.runs.turns(client)
  const at = turns.findIndex((turn) => turn.taskId === taskId)
  const turn = turns[at]
  const isActive = at === 0
  const preview = isActive && wantsPreview && turn !== undefined ? await previewOf(client, turn, parts) : null
  const isNew = preview !== null && preview.number !== known
  return {
    ...{ active: isActive, queued: at > 0, completed: parts.runs.hasEnded(client, taskId) },
    progress: isActive && turn !== undefined ? doneOf(turn) : null,
    eta: turn?.progress?.etaSeconds ?? null,
    live_preview: isNew ? `data:image/png;base64,${preview.file}` : null,
    id_live_preview: isNew ? preview.number : known,
    textinfo: at > 0 ? `In queue: ${at + 1}/${turns.length}` : null
  }
}

async function previewOf(client: string, { jobId, job, progress, preview }: Turn, parts: RunParts) {
  if (preview === null) return null
  const kept = parts.previews.get(parts.queue.find(client, jobId).key, preview.image.blob)
  if (kept === null) return null
  const { encodePng } = await import('../image/codec.ts')
  const { image, bytes } = kept
  const data = new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.length)
  const { width, height } = image
  const file = (await encodePng({ width, height, data }, {}, 'opaque')).toString('base64')
  return { file, number: 1000 * job + (progress?.step ?? 0) }
}
