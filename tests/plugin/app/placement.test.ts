import { expect, it } from 'vitest'
import { Check } from 'typebox/value'
import { GenerateRequest } from '#protocol/request.ts'
import { buildRequest, planFor } from '../../../plugin/app/build-request.ts'
import { placedNow } from '../../../plugin/app/placement.ts'
import { defaultSettings } from '../../../plugin/app/settings.ts'
import { usualModels } from '../../support/panel.ts'

const canvas = { width: 200, height: 100 }
const document = { id: 'document-1', name: 'Scene', canvas }

it('follows the pixels of an area through a crop, by what the request remembers on its way to the server', () => {
  const situation = { documentId: document.id, canvas, origin: { x: 7, y: -2 }, selection: null, empty: null }
  const plan = planFor('generate', situation, defaultSettings, usualModels)
  const request = buildRequest(plan, defaultSettings, { snapshot: null, selection: null }, 1)
  expect(Check(GenerateRequest, request)).toBe(true)
  const area = { x: 50, y: 20, width: 8, height: 9 }
  expect(placedNow(area, request, { ...document, origin: { x: 7, y: -2 } })).toEqual(area)
  expect(placedNow(area, request, { ...document, origin: { x: 37, y: 3 } })).toEqual({
    ...area,
    x: 20,
    y: 15
  })
})
