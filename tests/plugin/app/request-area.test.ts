import { describe, expect, it } from 'vitest'
import { keepAreaShown } from '../../../plugin/app/area-frame.ts'
import { viewDocument } from '../../../plugin/app/document-view.ts'
import { intents, needsSelection } from '../../../plugin/app/intents.ts'
import { areaInForce } from '../../../plugin/app/request-area.ts'
import type { Rect } from '../../../bridge-server/protocol/geometry.ts'
import { createTestPanel, mask } from '../../support/panel.ts'

const row = '#'.repeat(200)
const wide = mask(...Array.from({ length: 120 }, () => row))
const hole = mask(
  ...Array.from({ length: 120 }, (_, y) => (y < 100 ? row : `${'#'.repeat(150)}${'.'.repeat(50)}`))
)
const bounds = { x: 20, y: 30, width: 8, height: 6 }
const selected = { bounds, mask: mask(...Array.from({ length: 6 }, () => '########')) }

/** The area of the job that a press sends. */
async function sentArea(panel: Awaited<ReturnType<typeof createTestPanel>>): Promise<Rect | undefined> {
  await panel.actions.generate()
  return panel.sent.at(-1)?.request.area
}

describe('the area that is shown', () => {
  it.each(intents)('is the one that a press sends, to %s', async (intent) => {
    for (const selection of [null, selected]) {
      if (needsSelection(intent) && selection === null) continue
      const panel = await createTestPanel(hole, { intent })
      panel.documentState.selection = selection
      await panel.look()
      const shown = areaInForce(panel.store.getState())
      expect(shown).not.toBeNull()
      expect(await sentArea(panel)).toEqual(shown)
    }
  })

  it('is none where a press would do nothing', async () => {
    const nothingSelected = await createTestPanel(wide, { intent: 'remove' })
    expect(areaInForce(nothingSelected.store.getState())).toBeNull()
    const nothingEmpty = await createTestPanel(wide, { intent: 'expand' })
    expect(areaInForce(nothingEmpty.store.getState())).toBeNull()
  })

  it('is told to the editor when it changes, and not when only the prompt does', async () => {
    const panel = await createTestPanel(wide)
    const shown: (Rect | null)[] = []
    keepAreaShown(panel.store, { ...panel.host, showArea: (area) => shown.push(area) })
    panel.actions.change({ prompt: 'another' })
    panel.documentState.selection = selected
    panel.store.dispatch({ type: 'document-viewed', document: await viewDocument(panel.host) })
    panel.actions.change({ intent: 'remove' })
    panel.store.dispatch({ type: 'document-viewed', document: null })
    expect(shown).toEqual([{ x: 0, y: 0, width: 200, height: 120 }, expect.anything(), null])
  })
})

describe('an area that a person chose', () => {
  it('is what is sent, with the selection where it lies in it', async () => {
    const panel = await createTestPanel(wide)
    const area = { x: 22, y: 10, width: 100, height: 90 }
    panel.documentState.document = { ...panel.documentState.document!, area }
    panel.documentState.selection = selected
    expect(await sentArea(panel)).toEqual(area)
    const sent = panel.uploaded.find(({ ref }) => ref.format === 'gray8')
    expect(sent?.ref).toMatchObject({ width: 100, height: 90 })
    // Two of the eight columns lie left of the area.
    const data = sent?.image.data
    expect(data instanceof Uint8Array && data.filter((value) => value === 255).length).toBe(6 * 6)
  })

  it('is generated alone where nothing is selected', async () => {
    const panel = await createTestPanel(wide)
    const area = { x: 40, y: 10, width: 64, height: 64 }
    panel.documentState.document = { ...panel.documentState.document!, area }
    expect(await sentArea(panel)).toEqual(area)
    expect(panel.sent.at(-1)?.request).toMatchObject({ mode: 'txt2img' })
    expect(panel.sent.at(-1)?.request).not.toHaveProperty('selection')
  })

  it('is refused with its numbers where it holds nothing of the selection', async () => {
    const panel = await createTestPanel(wide)
    const area = { x: 100, y: 10, width: 64, height: 60 }
    panel.documentState.document = { ...panel.documentState.document!, area }
    panel.documentState.selection = selected
    await panel.actions.generate()
    expect(panel.sent).toEqual([])
    expect(panel.store.getState().notice?.message).toContain('64 × 60 pixels at 100, 10')
  })
})
