import { describe, expect, it } from 'vitest'
import { viewDocument } from '../../../plugin/app/document-view.ts'
import { watchDocument } from '../../../plugin/app/document-watch.ts'
import { defaultSettings } from '../../../plugin/app/settings.ts'
import { createAppStore } from '../../../plugin/app/store.ts'
import { createMemoryHost, mask } from '../../support/panel.ts'

const corners = mask('.##.', '####')

describe('a look at the document', () => {
  it.each([
    ['nothing is empty', mask('##', '##'), { empty: null, isBlank: false }],
    ['something is', mask('#.', '##'), { empty: { x: 1, y: 0, width: 1, height: 1 }, isBlank: false }],
    ['something half is', mask('#+', '##'), { empty: { x: 1, y: 0, width: 1, height: 1 }, isBlank: false }],
    ['everything is', mask('..', '..'), { empty: { x: 0, y: 0, width: 2, height: 2 }, isBlank: true }],
    ['all but one pixel is', mask('.#', '..'), { empty: { x: 0, y: 0, width: 2, height: 2 }, isBlank: false }]
  ])('sees that %s', async (_case, alpha, seen) => {
    expect(await viewDocument(createMemoryHost(alpha).host)).toMatchObject(seen)
  })

  it.each([
    ['a hole', { x: 0, y: 0, width: 2, height: 1 }, mask('##'), true],
    ['a hole that the mask leaves out', { x: 0, y: 0, width: 2, height: 1 }, mask('.#'), false],
    ['opaque pixels between the holes', { x: 1, y: 0, width: 2, height: 1 }, mask('##'), false]
  ])('tells whether %s is selected', async (_case, bounds, selected, selectsEmpty) => {
    const { host, state } = createMemoryHost(corners)
    state.selection = { bounds, mask: selected }
    expect(await viewDocument(host)).toMatchObject({ selection: bounds, selectsEmpty })
  })
})

it('looks once for many changes, and tells of another document', async () => {
  const { host, state } = createMemoryHost(corners)
  const store = createAppStore(defaultSettings)
  const timers = new Set<() => void>()
  const opened: string[] = []
  const later = (_milliseconds: number, action: () => void) => {
    timers.add(action)
    return () => timers.delete(action)
  }
  const stop = watchDocument({ store, host, later }, (id) => opened.push(id))
  await expect.poll(() => opened).toEqual(['document-1'])
  for (let change = 0; change < 5; change++) for (const changed of state.watchers) changed()
  expect(timers.size).toBe(1)
  state.document = { id: 'document-2', name: 'Other', canvas: { width: 4, height: 2 } }
  for (const run of timers) run()
  await expect.poll(() => opened).toEqual(['document-1', 'document-2'])
  stop()
  expect(state.watchers.size).toBe(0)
})
