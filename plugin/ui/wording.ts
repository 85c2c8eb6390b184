import type { Catalogue } from '#protocol/catalogue.ts'
import type { Phase } from '#protocol/messages.ts'
import type { GenerateRequest } from '#protocol/request.ts'
import type { DocumentView } from '../app/document-view.ts'
import type { Intent } from '../app/intents.ts'
import type { Settings } from '../app/settings.ts'
import type { JobProgress, TrackedJob } from '../app/tracked-job.ts'

export const intentLabels: Readonly<Record<Intent, string>> = {
  generate: 'Generate',
  refine: 'Refine',
  expand: 'Expand',
  depth: 'Depth',
  add: 'Add',
  remove: 'Remove',
  background: 'Replace background',
  upscale: 'Upscale',
  custom: 'Custom'
}

/** What an intent is for. */
export const intentAbout: Readonly<Record<Intent, string>> = {
  generate: 'Fills the selection, or makes a new picture',
  refine: 'Changes what is there, by a strength',
  expand: 'Fills empty canvas',
  depth: 'New looks, same shapes',
  add: 'Something new in the selection',
  remove: 'What is selected goes',
  background: 'What is selected stays, all else is new',
  upscale: 'Larger, as a new document',
  custom: 'Strength, start and surroundings by hand'
}

/** What a press of the primary button will do, in one line. */
export function pressWords(intent: Intent, document: DocumentView): string {
  const { canvas, area } = document
  // What is upscaled is the area alone, where a person chose one.
  const selection = intent === 'upscale' && area !== undefined ? null : document.selection
  const { width, height } = selection ?? area ?? canvas
  if (intent === 'expand')
    return document.selectsEmpty ? 'Fills the empty canvas in the selection' : 'Fills the empty canvas'
  const words =
    selection !== null
      ? selectionWords[intent]
      : area === undefined
        ? wholeWords[intent]
        : { ...wholeWords, ...areaWords }[intent]
  return words.replace('%', `${width} × ${height}`)
}

const wholeWords: Readonly<Record<Exclude<Intent, 'expand'>, string>> = {
  generate: 'A new picture, %',
  refine: 'Changes the whole picture',
  depth: 'New looks, same shapes',
  add: 'Select a place first',
  remove: 'Select what is to go first',
  background: 'Select what is to stay first',
  upscale: 'Makes a larger picture of the whole one',
  custom: 'Changes the whole picture'
}

/** Nothing is selected, and a person chose what the model sees. */
const areaWords = {
  generate: 'A new picture in the area, %',
  refine: 'Changes what is in the area, %',
  depth: 'New looks, same shapes, in the area',
  upscale: 'Makes a larger picture of the area, %',
  custom: 'Changes the area your way, %'
} as const

const selectionWords: Readonly<Record<Exclude<Intent, 'expand'>, string>> = {
  generate: 'Fills the selection, %',
  refine: 'Changes what is in the selection, %',
  depth: 'New looks, same shapes, in the selection',
  add: 'Adds something new in the selection, %',
  remove: 'Makes what is selected go, %',
  background: 'New surroundings for what is selected',
  upscale: 'Makes a larger picture of the selection, %',
  custom: 'Changes the selection your way, %'
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

/** What a job is called: its prompt, or what it does without one. */
export function requestWords({ prompt, upscale }: Pick<GenerateRequest, 'prompt' | 'upscale'>): string {
  const words = prompt.trim()
  if (upscale === undefined) return words === '' ? 'No prompt' : words
  return words === '' ? `Upscale ${upscale.factor}×` : `Upscale ${upscale.factor}×, ${words}`
}

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
