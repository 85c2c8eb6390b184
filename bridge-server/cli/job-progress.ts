import type { FinishedJob, Marquee } from '../../plugin/client/marquee-client.ts'
import type { Phase } from '../protocol/messages.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { Terminal } from './command.ts'

const words: Partial<Readonly<Record<Phase, string>>> = {
  loading: 'Loading the model',
  encoding: 'Reading prompt and picture',
  depth: 'Estimating depth',
  decoding: 'Decoding',
  storing: 'Storing'
}

interface WatchParts {
  readonly jobId: string
  readonly request: GenerateRequest
  readonly terminal: Terminal
}

/** Has a job done and shows how far it is; Ctrl+C cancels it. */
export async function watchJob(
  marquee: Marquee,
  { jobId, request, terminal }: WatchParts
): Promise<FinishedJob> {
  const { progress, signal } = terminal
  progress.show('Waiting for the server …', null)
  try {
    return await marquee.generate(request, {
      ...{ jobId, signal },
      onQueued: (position) => progress.show(`Number ${position} in the queue`, null),
      onProgress: ({ phase, step, steps, variation, variations, etaSeconds }) => {
        const picture = variations > 1 ? `picture ${variation + 1} of ${variations}, ` : ''
        const left = etaSeconds === null ? '' : `, ${Math.ceil(etaSeconds)} s left`
        const text = `${picture}step ${step} of ${steps}${left}`
        progress.show(words[phase] ?? text, steps > 0 ? step / steps : null)
      }
    })
  } finally {
    progress.clear()
  }
}
