import { expect, it } from 'vitest'
import type { DownloadList } from '../../../bridge-server/protocol/downloads.ts'
import { createDownloadActions } from '../../../plugin/app/download-actions.ts'
import { defaultSettings } from '../../../plugin/app/settings.ts'
import { createAppStore } from '../../../plugin/app/store.ts'
import { CodedError } from '../../../plugin/client/coded-error.ts'

const listOf = (freeBytes: number): DownloadList => ({ items: [], freeBytes, problems: [], mayChange: true })

/** A server that answers when the test says so. */
function aPanel() {
  const store = createAppStore(defaultSettings)
  const steps: { readonly words: string; readonly answer: (error?: CodedError) => void }[] = []
  const lists: ((list: DownloadList) => void)[] = []
  const actions = createDownloadActions({
    store,
    client: {
      catalogue: () => Promise.reject(new Error('Nothing was installed')),
      downloads: () => new Promise((resolve) => lists.push(resolve)),
      stepDownload: (id, step) =>
        new Promise((resolve, reject) =>
          steps.push({
            words: `${step} ${id}`,
            answer: (error) => (error === undefined ? resolve() : reject(error))
          })
        )
    }
  })
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  return { actions, steps, lists, store, settled }
}

it('asks for a step once the one before is done, also where that was refused', async () => {
  const { actions, steps, store, settled } = aPanel()
  void actions.stepDownload('a', 'resume')
  void actions.stepDownload('a', 'cancel')
  await settled()
  expect(steps.map(({ words }) => words)).toEqual(['resume a'])
  steps[0]?.answer(new CodedError('disk-full', 'The disk is full.'))
  await settled()
  expect(steps.map(({ words }) => words)).toEqual(['resume a', 'cancel a'])
  expect(store.getState().notice?.message).toBe('The disk is full.')
})

it('shows no answer that is older than what is shown', async () => {
  const { actions, lists, store, settled } = aPanel()
  void actions.refreshDownloads()
  void actions.refreshDownloads()
  await settled()
  lists[1]?.(listOf(2))
  await settled()
  lists[0]?.(listOf(1))
  await settled()
  expect(store.getState().downloads?.freeBytes).toBe(2)
})
