import type { DownloadList } from '#protocol/downloads.ts'
import type { Http } from './http.ts'
import { isDownloadList } from './replies.ts'

/** What a person does about an entry: with its download, and last with its file. */
export const downloadSteps = ['start', 'start-unverified', 'pause', 'resume', 'cancel', 'remove'] as const
export type DownloadStep = (typeof downloadSteps)[number]

/** What is asked about models that can be downloaded. Promises reject with CodedError. */
export interface DownloadRequests {
  readonly downloads: () => Promise<DownloadList>
  readonly stepDownload: (id: string, step: DownloadStep) => Promise<void>
}

export function createDownloadRequests({ ask, askJson }: Http): DownloadRequests {
  return {
    downloads: () => askJson('/downloads', isDownloadList),
    async stepDownload(id, step) {
      const path = `/downloads/${encodeURIComponent(id)}`
      if (step === 'cancel') await ask(path, { method: 'DELETE' })
      else if (step === 'remove') await ask(`${path}/file`, { method: 'DELETE' })
      else if (step === 'pause' || step === 'resume') await ask(`${path}/${step}`, { method: 'POST' })
      else
        await ask(path, {
          method: 'POST',
          body: JSON.stringify({ unverified: step === 'start-unverified' }),
          headers: { 'Content-Type': 'application/json' }
        })
    }
  }
}
