import { Check } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import type { Catalogue } from '#protocol/catalogue.ts'
import type { ExtensionInfo } from '#protocol/extensions.ts'
import { GenerateRequest } from '#protocol/request.ts'
import { intentOf } from '../../../plugin/app/intents.ts'
import { recalled } from '../../../plugin/app/history.ts'
import { defaultSettings } from '../../../plugin/app/settings.ts'
import { readUpscale, tileNetFor, upscaleFor, upscalerFor } from '../../../plugin/app/upscale.ts'
import { createTestPanel, job, mask, model, result, usualModels } from '../../support/panel.ts'

const net = (name: string, change: Partial<ExtensionInfo> = {}): ExtensionInfo => ({
  ...{ kind: 'controlnet', id: name, name, family: 'sd1', triggers: [], bytes: 1 },
  ...change
})
const withExtras = (...extensions: readonly ExtensionInfo[]): Catalogue => ({
  ...usualModels,
  extensions: [...extensions],
  upscalers: [
    { id: 'lanczos', label: 'Lanczos' },
    { id: 'nearest', label: 'Nearest' },
    { id: 'up/x4', label: 'x4' }
  ]
})
const usual = defaultSettings.upscale
const picture = mask('####', '####')

describe('an upscale', () => {
  it('takes the first network where nobody chose, else Lanczos', () => {
    expect(upscalerFor(usual, withExtras())).toBe('up/x4')
    expect(upscalerFor({ ...usual, upscaler: 'nearest' }, withExtras())).toBe('nearest')
    expect(upscalerFor({ ...usual, upscaler: 'gone' }, withExtras())).toBe('up/x4')
    expect(upscalerFor(usual, usualModels)).toBe('lanczos')
  })

  it('is held to the picture by a ControlNet for tiles of the model’s family, found by its name', () => {
    const tile = net('control_v11f1e_sd15_tile')
    expect(tileNetFor(model('a'), withExtras(net('canny'), tile))).toBe('control_v11f1e_sd15_tile')
    expect(tileNetFor(model('a', { family: 'sdxl' }), withExtras(tile))).toBeNull()
    expect(tileNetFor(model('a'), withExtras(net('reptiles'), net('tile', { kind: 'lora' })))).toBeNull()
    const wish = (change: Partial<typeof usual>) =>
      upscaleFor({ ...usual, ...change }, model('a'), withExtras(tile))
    expect(wish({ refine: 0.3 }).creative).toEqual({ strength: 0.3, control: 'control_v11f1e_sd15_tile' })
    expect(wish({ refine: 0.3, usesTile: false }).creative).toEqual({ strength: 0.3 })
    expect(wish({})).toEqual({ upscaler: 'up/x4', factor: 2 })
  })

  it('reads only what the server takes', () => {
    const stored = { upscaler: 7, factor: 9, refine: -1, usesTile: 'no' }
    expect(readUpscale(stored)).toEqual(usual)
  })

  it.each([0, 0.35])('asks for the selection’s bounds, or the picture; refined by %f', async (refine) => {
    const upscale = { ...usual, factor: 4, refine }
    const panel = await createTestPanel(picture, { intent: 'upscale', upscale })
    panel.documentState.controls = [
      {
        ...{ model: 'canny', weight: 1, start: 0, end: 1, mode: 'balanced' },
        pixels: { width: 4, height: 2, data: new Uint8ClampedArray(32) }
      }
    ]
    await panel.actions.generate()
    panel.documentState.selection = { bounds: { x: 1, y: 0, width: 2, height: 2 }, mask: mask('##', '#.') }
    await panel.actions.generate()
    const [whole, part] = panel.sent.map(({ request }) => request)
    expect(panel.store.getState().notice).toBeNull()
    expect(whole).toMatchObject({ mode: 'upscale', area: { x: 0, y: 0, width: 4, height: 2 } })
    expect(part).toMatchObject({ area: { x: 1, y: 0, width: 2, height: 2 }, upscale: { factor: 4 } })
    expect(part?.count).toBe(refine === 0 ? 1 : defaultSettings.count)
    for (const request of [whole, part]) {
      expect(Check(GenerateRequest, request)).toBe(true)
      for (const field of ['selection', 'controls', 'hires', 'mask'])
        expect(request).not.toHaveProperty(field)
      expect(intentOf(request!)).toBe('upscale')
      expect(recalled(defaultSettings, request!)).toMatchObject({
        intent: 'upscale',
        ...{ count: defaultSettings.count, size: null },
        upscale: { upscaler: 'lanczos', factor: 4, refine }
      })
    }
  })

  it('is not begun where the editor could not open it', async () => {
    const upscale = { ...usual, factor: 4 }
    const panel = await createTestPanel(picture, { intent: 'upscale', upscale })
    panel.host.openProblem = ({ width, height }) => (width > 8 ? `${width} × ${height} is too wide.` : null)
    await panel.actions.generate()
    expect(panel.store.getState().notice).toMatchObject({
      message: 'What would be made could not be opened: 16 × 8 is too wide.'
    })
    expect([panel.sent, panel.uploaded]).toEqual([[], []])
    panel.documentState.selection = { bounds: { x: 1, y: 0, width: 2, height: 2 }, mask: mask('##', '#.') }
    await panel.actions.generate()
    expect(panel.sent).toHaveLength(1)
  })

  it('opens as a document of its own, also when another one is in front', async () => {
    const panel = await createTestPanel(picture, { intent: 'upscale' })
    await panel.actions.generate()
    const { request } = panel.sent[0]!
    const made = result({ scale: 2, area: request.area })
    panel.jobs.set('one', job('one', { request, result: made }))
    await panel.events.loadJobs('document-1')
    await panel.actions.apply({ jobId: 'one', variation: 0 })
    panel.documentState.document = { id: 'other', name: 'Other', canvas: { width: 1, height: 1 } }
    await panel.actions.apply({ jobId: 'one', variation: 1 })
    expect(panel.store.getState().notice).toBeNull()
    expect(panel.documentState.opened.map(({ name }) => name)).toEqual(['Scene 2×', 'Upscaled 2×'])
    expect(panel.documentState.opened[0]?.layer).toMatchObject({ area: { width: 2, height: 1 } })
    expect(panel.documentState.inserted).toEqual([])
  })
})
