import { describe, expect, it } from 'vitest'
import { activeJobs, historyOf, recalled } from '../../../plugin/app/history.ts'
import { buildRequest, planFor } from '../../../plugin/app/build-request.ts'
import { defaultSettings, type Settings } from '../../../plugin/app/settings.ts'
import { joined, sendingJob } from '../../../plugin/app/tracked-job.ts'
import { job, mask, request, usualModels } from '../../support/panel.ts'

const document = {
  ...{ id: 'document-1', name: 'Scene', canvas: { width: 8, height: 8 } },
  ...{ selection: null, selectsEmpty: false, empty: null, isBlank: false }
}
const tracked = (...jobs: ReturnType<typeof job>[]) => jobs.map((listed) => joined(undefined, listed))
const names = (jobs: readonly { readonly id: string }[]) => jobs.map(({ id }) => id)

it('lists results of the open document alone, found by all words of a search', () => {
  const jobs = tracked(
    job('car'),
    job('boat', { request: request({ prompt: 'A red boat at sea' }) }),
    job('failed', { state: 'failed', error: { code: 'internal', message: 'No.' } }),
    job('elsewhere', { request: request({ documentId: 'other' }) })
  )
  expect(names(historyOf({ jobs, document }))).toEqual(['car', 'boat'])
  expect(names(historyOf({ jobs, document }, 'sea RED'))).toEqual(['boat'])
  expect(historyOf({ jobs, document: null })).toEqual([])
})

it('orders active jobs as they will be done', () => {
  const jobs = [
    sendingJob('sending', request(), 4),
    ...tracked(
      job('failed', { state: 'failed', error: { code: 'internal', message: 'No.' } }),
      job('second', { state: 'queued', position: 2 }),
      job('first', { state: 'queued', position: 1 }),
      job('running', { state: 'running' }),
      job('cancelled', { state: 'cancelled' }),
      job('done')
    )
  ]
  expect(names(activeJobs({ jobs }))).toEqual(['running', 'first', 'second', 'sending', 'failed'])
})

describe('settings used again', () => {
  it.each(['generate', 'refine', 'depth', 'background', 'remove'] as const)(
    'make the same request for %s',
    (intent) => {
      const settings: Settings = {
        ...defaultSettings,
        prompt: 'a red car',
        steps: 5,
        count: 2,
        strength: { refine: 0.3, depth: 0.4, custom: 0.5 },
        edges: { feather: 0.2, grow: 8, blend: 0, padding: 0.5, differential: true },
        secondPass: { mode: 'on', factor: 1.5, strength: 0.55, steps: 12, upscaler: 'latent' }
      }
      const situation = {
        documentId: 'document-1',
        canvas: { width: 64, height: 64 },
        selection: { bounds: { x: 4, y: 4, width: 2, height: 2 }, mask: mask('##', '##') },
        empty: null
      }
      const make = (chosen: Settings, seed: number) =>
        buildRequest(
          planFor(intent, situation, chosen, usualModels),
          chosen,
          { snapshot: null, selection: null },
          seed
        )
      const made = make(settings, 7)
      const again = recalled(defaultSettings, made)
      expect(again.seed).toEqual({ value: 7, locked: true })
      expect(again.intent).toBe(intent)
      expect(again).toMatchObject({ edges: settings.edges, secondPass: settings.secondPass })
      expect(make({ ...settings, ...again }, again.seed.value)).toEqual(made)
    }
  )

  it('leave the edges of an intent to the intent', () => {
    const made = request({
      ...{ mode: 'inpaint', fill: 'hard-neutral' },
      mask: { feather: 0.01, minTransition: 0 }
    })
    expect(recalled(defaultSettings, made)).toMatchObject({
      intent: 'background',
      edges: defaultSettings.edges
    })
  })

  it('know a second pass that was turned off, and leave one that nobody asked for to be planned', () => {
    const pass = (hires: Parameters<typeof request>[0]) =>
      recalled(
        { ...defaultSettings, secondPass: { ...defaultSettings.secondPass, factor: 3 } },
        request(hires)
      ).secondPass
    expect(pass({ hires: { strength: 0 } })).toMatchObject({ mode: 'off', factor: 3 })
    expect(pass({})).toMatchObject({ mode: 'automatic', factor: 3 })
    expect(pass({ hires: { size: { width: 64, height: 64 } } })).toMatchObject({ mode: 'automatic' })
  })
})
