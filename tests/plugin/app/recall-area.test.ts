import { beforeEach, describe, expect, it } from 'vitest'
import { createTestPanel, mask } from '../../support/panel.ts'

const canvas = { width: 40, height: 32 }
const opaque = mask(...Array.from({ length: canvas.height }, () => '#'.repeat(canvas.width)))
const chosen = { x: 5, y: 4, width: 20, height: 16 }

describe('settings taken from a result bring back', () => {
  let panel: Awaited<ReturnType<typeof createTestPanel>>
  /** A job of the document as it is, then a document with other numbers, then the job's settings. */
  const recalledIn = async (then: Partial<NonNullable<typeof panel.documentState.document>>) => {
    await panel.actions.generate()
    panel.documentState.document = { ...panel.documentState.document!, ...then }
    await panel.actions.recall(panel.sent[0]!.jobId)
    return panel.documentState.document.area
  }
  const open = (area?: typeof chosen) => {
    panel.documentState.document = {
      ...{ id: 'document-1', name: 'Scene', canvas, origin: { x: 0, y: 0 } },
      ...(area === undefined ? {} : { area })
    }
  }
  beforeEach(async () => {
    panel = await createTestPanel(opaque, { prompt: 'a red car' })
  })

  it('the area that was chosen, so that the same is asked for again', async () => {
    open(chosen)
    expect(await recalledIn({ area: { x: 0, y: 0, width: 30, height: 30 } })).toEqual(chosen)
    await panel.actions.generate()
    expect(panel.sent[1]!.request).toEqual(panel.sent[0]!.request)
    expect(panel.sent[0]!.request).toMatchObject({ area: chosen, areaIsChosen: true })
  })

  it('it where its pixels lie after a crop', async () => {
    open(chosen)
    const later = { canvas: { width: 30, height: 26 }, origin: { x: 3, y: 2 } }
    expect(await recalledIn(later)).toEqual({ ...chosen, x: 2, y: 2 })
  })

  it('all but the area where that is no longer on the canvas, and say so', async () => {
    open(chosen)
    const area = { x: 1, y: 1, width: 17, height: 17 }
    expect(await recalledIn({ canvas: { width: 24, height: 32 }, area })).toEqual(area)
    const { notice, settings } = panel.store.getState()
    expect(notice?.message).toContain('20 × 16 at 5, 4')
    expect(notice?.message).toContain('24 × 32')
    expect(settings.seed.locked).toBe(true)
  })

  it('the automatic area where nobody had chosen', async () => {
    open()
    expect(await recalledIn({ area: chosen })).toBeUndefined()
    expect(panel.sent[0]!.request).not.toHaveProperty('areaIsChosen')
    expect(panel.store.getState().notice).toBeNull()
  })
})
