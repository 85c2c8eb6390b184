import { expect, it } from 'vitest'
import type { ImageRef } from '#protocol/images.ts'
import { keepPreview } from '../../../plugin/app/canvas-preview.ts'
import { createTestPanel, job, mask, request, result } from '../../support/panel.ts'

const opaque = mask('####', '####')
const area = { x: 1, y: 0, width: 2, height: 2 }
const image = (digit: string): ImageRef => ({ blob: digit.repeat(64), width: 1, height: 1, format: 'rgba8' })
const selection: ImageRef = { blob: '9'.repeat(64), width: 4, height: 2, format: 'gray8' }

/** A panel with a running job and a preview that follows the state; `give` lets the next asked-for pixels arrive. */
async function watchedPanel() {
  const panel = await createTestPanel(opaque)
  const asked: { readonly blob: string; readonly give: () => void }[] = []
  const pixels: typeof panel.client.pixels = (jobId, wanted) =>
    new Promise((resolve) => {
      asked.push({ blob: wanted.blob, give: () => resolve(panel.client.pixels(jobId, wanted)) })
    })
  const pixelBands: typeof panel.client.pixelBands = async (...wanted) => [await pixels(...wanted)]
  const failures: unknown[] = []
  keepPreview(panel.store, { ...panel.client, pixels, pixelBands }, panel.host, (error) =>
    failures.push(error)
  )
  const asks = request({
    area: { x: 0, y: 0, width: 4, height: 2 },
    canvas: { width: 4, height: 2 },
    selection
  })
  panel.jobs.set('one', job('one', { state: 'running', request: asks }))
  await panel.events.loadJobs('document-1')
  const preview = (digit: string) =>
    panel.events.heard({ type: 'preview', jobId: 'one', variation: 0, area, image: image(digit) })
  const give = async (...blobs: string[]) => {
    for (const digit of blobs) {
      await expect.poll(() => asked.some(({ blob }) => blob.startsWith(digit))).toBe(true)
      asked.find(({ blob }) => blob.startsWith(digit))!.give()
    }
  }
  return { ...panel, preview, give, asked, shown: panel.documentState.previews }
}

it('shows what the running job makes, through the selection', async () => {
  const { preview, give, shown } = await watchedPanel()
  preview('a')
  await give('a', '9')
  await expect.poll(() => shown.length).toBe(1)
  expect(shown[0]).toMatchObject({ documentId: 'document-1', area, mask: { width: 2, height: 2 } })
  expect([...shown[0]!.mask!.data]).toEqual(Array(4).fill('9'.charCodeAt(0)))
})

it('shows the latest preview only, however late the pixels come', async () => {
  const { preview, give, shown, asked } = await watchedPanel()
  preview('a')
  preview('b')
  preview('c')
  await give('a', '9', 'c')
  await expect.poll(() => shown.length).toBe(1)
  expect(shown[0]!.pixels.data[0]).toBe('c'.charCodeAt(0))
  expect(asked.some(({ blob }) => blob.startsWith('b'))).toBe(false)
})

it('asks for the selection of a job once', async () => {
  const { preview, give, shown, asked } = await watchedPanel()
  preview('a')
  await give('a', '9')
  await expect.poll(() => shown.length).toBe(1)
  preview('b')
  await give('b')
  await expect.poll(() => shown.length).toBe(2)
  expect(asked.filter(({ blob }) => blob.startsWith('9'))).toHaveLength(1)
})

it('shows nothing any more when the job is cancelled, even if pixels still come', async () => {
  const { preview, give, shown, events } = await watchedPanel()
  preview('a')
  events.heard({ type: 'cancelled', jobId: 'one' })
  await give('a', '9')
  await new Promise((wait) => setTimeout(wait, 5))
  expect(shown).toEqual([null])
})

it('shows the result through its own mask when the job is done, and takes it away on demand', async () => {
  const { give, shown, events, actions } = await watchedPanel()
  events.heard({ type: 'done', jobId: 'one', result: result() })
  await give('a', 'c')
  await expect.poll(() => shown.length).toBe(1)
  expect([...shown[0]!.mask!.data]).toEqual(Array(2).fill('c'.charCodeAt(0)))
  actions.hidePreview()
  expect(shown.at(-1)).toBeNull()
})
