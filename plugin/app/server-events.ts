import type { ServerMessage } from '#protocol/messages.ts'
import { CodedError } from '../client/coded-error.ts'
import { toNotice } from './notice.ts'
import type { ConnectionStatus } from '../client/connection.ts'
import type { ActionContext } from './action-context.ts'
import type { JobMessage } from './tracked-job.ts'

/** Jobs of a document that the panel loads: its history. */
const HISTORY = 100

/** What the server says, on its way into the state. */
export interface ServerEvents {
  readonly statusChanged: (connection: ConnectionStatus) => void
  readonly heard: (message: ServerMessage) => void
  /** Loads jobs and results of a document, all that was missed included. */
  readonly loadJobs: (documentId: string) => Promise<void>
}

export function createServerEvents({ store, client }: Pick<ActionContext, 'store' | 'client'>): ServerEvents {
  const { dispatch, getState } = store
  /** Messages about jobs that are being fetched, in order. */
  const waiting = new Map<string, JobMessage[]>()

  const failed = (error: unknown) => dispatch({ type: 'noticed', notice: toNotice(error) })

  async function loadCatalogue() {
    try {
      dispatch({ type: 'catalogue-loaded', catalogue: await client.catalogue() })
    } catch (error) {
      failed(error)
    }
  }

  async function loadJobs(documentId: string) {
    try {
      const jobs = await client.jobs({ documentId, limit: HISTORY })
      dispatch({ type: 'jobs-loaded', documentId, jobs, isAll: jobs.length < HISTORY })
    } catch (error) {
      failed(error)
    }
  }

  /** A job of another document, or of this client in another window. */
  async function fetchUnknown(message: JobMessage) {
    const { jobId } = message
    const queue = waiting.get(jobId)
    if (queue !== undefined) {
      queue.push(message)
      return
    }
    waiting.set(jobId, [message])
    try {
      const job = await client.job(jobId)
      dispatch({ type: 'jobs-loaded', documentId: job.request.documentId, jobs: [job], isAll: false })
      for (const missed of waiting.get(jobId) ?? []) dispatch({ type: 'job-spoken-of', message: missed })
    } catch (error) {
      failed(error)
    } finally {
      waiting.delete(jobId)
    }
  }

  return {
    statusChanged(connection) {
      dispatch({ type: 'connection-changed', connection })
      if (connection.state !== 'online') return
      void loadCatalogue()
      const { document } = getState()
      if (document !== null) void loadJobs(document.id)
    },
    heard(message) {
      if (message.type === 'welcome') return
      if (message.type === 'error') {
        const { jobId, error } = message
        if (jobId === undefined) dispatch({ type: 'noticed', notice: error })
        else
          dispatch({
            type: 'job-failed-here',
            jobId,
            error: new CodedError(error.code, error.message, error.hint)
          })
        return
      }
      if (getState().jobs.some(({ id }) => id === message.jobId)) dispatch({ type: 'job-spoken-of', message })
      else void fetchUnknown(message)
    },
    loadJobs
  }
}
