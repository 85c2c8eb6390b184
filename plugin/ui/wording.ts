import type { Catalogue } from '#protocol/catalogue.ts'
import type { Phase } from '#protocol/messages.ts'
import type { DocumentView } from '../app/document-view.ts'
import type { Intent, Settings } from '../app/settings.ts'
import type { JobProgress, TrackedJob } from '../app/tracked-job.ts'

export const intentLabels: Readonly<Record<Intent, string>> = {
  generate: 'Generate',
  refine: 'Refine',
  expand: 'Expand',
  depth: 'Depth'
}

/** What a press of the primary button will do, in one line. */
export function pressWords(intent: Intent, document: DocumentView): string {
  const { selection, canvas } = document
  const { width, height } = selection ?? canvas
  const size = `${width} × ${height}`
  switch (intent) {
    case 'generate':
      return selection === null ? `A new picture, ${size}` : `Fills the selection, ${size}`
    case 'refine':
      return selection === null ? 'Changes the whole picture' : `Changes what is in the selection, ${size}`
    case 'expand':
      return document.selectsEmpty ? 'Fills the empty canvas in the selection' : 'Fills the empty canvas'
    case 'depth':
      return selection === null ? 'New looks, same shapes' : 'New looks, same shapes, in the selection'
  }
}

const phases: Readonly<Record<Phase, string>> = {
  loading: 'Loading the model',
  encoding: 'Reading the prompt',
  depth: 'Estimating depth',
  sampling: 'Sampling',
  upscaling: 'Making it larger',
  decoding: 'Decoding',
  storing: 'Saving'
}

/** What a job is doing. */
export function jobWords({ state, position, progress, isCancelling }: TrackedJob): string {
  if (isCancelling) return 'Cancelling'
  switch (state) {
    case 'sending':
      return 'Sending'
    case 'queued':
      return position === null ? 'Waiting' : `Waiting, place ${position}`
    case 'running':
      return progress === null ? 'Starting' : phases[progress.phase]
    case 'done':
      return 'Done'
    case 'failed':
      return 'Failed'
    case 'cancelled':
      return 'Cancelled'
  }
}

/** `Step 12 of 60 · 8 s left`; nothing before the steps are known. */
export function stepWords({ step, steps, etaSeconds }: JobProgress): string {
  if (steps === 0) return ''
  const count = `Step ${step} of ${steps}`
  return etaSeconds === null ? count : `${count} · ${durationWords(etaSeconds)} left`
}

export function durationWords(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** What a picture was sampled with, in one line; what it did not say is left out. */
export function samplingWords(
  { sampler, schedule, steps, guidance, seed, size, model }: Settings,
  { samplers, schedules, models }: Pick<Catalogue, 'samplers' | 'schedules' | 'models'>
): string {
  const labelOf = (choices: Catalogue['samplers'], id: string | null) =>
    choices.find((choice) => choice.id === id)?.label
  return [
    models.find(({ id }) => id === model)?.name,
    labelOf(samplers, sampler),
    labelOf(schedules, schedule),
    steps === null ? undefined : `${steps} steps`,
    guidance === null ? undefined : `guidance ${guidance}`,
    seed.locked ? `seed ${seed.value}` : undefined,
    size === null ? undefined : `${size.width} × ${size.height}`
  ]
    .filter((words) => words !== undefined)
    .join(' · ')
}

export const promptWords = (prompt: string): string => (prompt.trim() === '' ? 'No prompt' : prompt.trim())

/**
 * What a screen reader says of the jobs: where the first stands, in quarters of its way, and what ended. It changes
 * seldom enough to be listened to.
 */
export function announcement(active: readonly TrackedJob[], variations: number): string {
  const [first] = active
  if (first === undefined) return variations === 0 ? '' : `Result ready, variations: ${variations}.`
  if (first.state === 'failed') return `Failed: ${first.error?.message ?? ''}`
  const { progress } = first
  if (progress === null || progress.phase !== 'sampling') return `${jobWords(first)}.`
  return `${jobWords(first)}, ${Math.floor((progress.step / progress.steps) * 4) * 25} percent.`
}
