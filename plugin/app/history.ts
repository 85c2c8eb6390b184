import type { GenerateRequest } from '#protocol/request.ts'
import type { JobResult } from '#protocol/results.ts'
import { readAdvanced } from './advanced.ts'
import { edgesOf } from './edges.ts'
import { hasStrength, intentOf } from './intents.ts'
import { secondPassOf } from './second-pass.ts'
import type { Settings } from './settings.ts'
import type { AppState } from './state.ts'
import { isFinished, type TrackedJob } from './tracked-job.ts'
import { upscaleOf, usesModel } from './upscale.ts'

/** A finished job with something to show. */
export type FinishedJob = TrackedJob & { readonly result: JobResult }

const isShowable = (job: TrackedJob): job is FinishedJob => job.result !== null && !job.isDiscarded

/** Results of the open document, newest first; `search` looks in the prompts, all its words must be there. */
export function historyOf(
  { jobs, document }: Pick<AppState, 'jobs' | 'document'>,
  search = ''
): readonly FinishedJob[] {
  const words = search.toLowerCase().split(/\s+/)
  return jobs
    .filter(isShowable)
    .filter(({ request }) => request.documentId === document?.id)
    .filter(({ request }) => words.every((word) => request.prompt.toLowerCase().includes(word)))
}

/** The result whose variations are laid out. */
export const openResultOf = ({ jobs, open }: Pick<AppState, 'jobs' | 'open'>): FinishedJob | null =>
  jobs.filter(isShowable).find(({ id }) => id === open?.jobId) ?? null

/** Jobs that are not done: the running one first, then in the order of the queue, then what failed. */
export function activeJobs({ jobs }: Pick<AppState, 'jobs'>): readonly TrackedJob[] {
  const rank = (job: TrackedJob) => {
    if (isFinished(job)) return Infinity
    if (job.state === 'running') return 0
    return job.position ?? Number.MAX_SAFE_INTEGER
  }
  return jobs
    .filter((job) => !isFinished(job) || (job.state === 'failed' && !job.isDiscarded))
    .sort((a, b) => rank(a) - rank(b) || a.created - b.created)
}

/** The settings that made a result, its seed locked: pressing the button again gives the same pixels. */
export function recalled(settings: Settings, request: GenerateRequest): Settings {
  const { sampler, schedule, steps, guidance, seed } = request.sampling
  const intent = intentOf(request)
  return {
    ...settings,
    intent,
    ...(usesModel(request) ? { prompt: request.prompt, negativePrompt: request.negativePrompt } : {}),
    model: request.model,
    strength: hasStrength(intent) ? { ...settings.strength, [intent]: request.strength } : settings.strength,
    custom: intent === 'custom' ? customOf(request) : settings.custom,
    upscale: request.upscale === undefined ? settings.upscale : upscaleOf(request.upscale),
    sampler,
    schedule,
    steps,
    guidance,
    seed: { value: seed, locked: true },
    count: intent === 'upscale' ? settings.count : request.count,
    // What is upscaled has none of its own.
    size: intent === 'upscale' ? settings.size : request.workingSize,
    advanced: readAdvanced(request.sampling),
    // A picture without a selection does not tell of edges, nor an upscaled one of a second pass.
    edges: request.mask === undefined ? settings.edges : edgesOf(request),
    secondPass: intent === 'upscale' ? settings.secondPass : secondPassOf(request.hires, settings.secondPass)
  }
}

const customOf = ({ mode, fill, area, canvas }: GenerateRequest): Settings['custom'] => ({
  fill: fill ?? null,
  context: area.width === canvas.width && area.height === canvas.height ? 'picture' : 'around',
  isSeamless: mode === 'inpaint'
})
