import { Check } from 'typebox/value'
import { expect, it } from 'vitest'
import { Sampling } from '#protocol/request.ts'
import { advancedSampling, defaultAdvanced, type AdvancedSettings } from '../../../plugin/app/advanced.ts'
import { recalled } from '../../../plugin/app/history.ts'
import { modelInForce, samplingOf } from '../../../plugin/app/model-choice.ts'
import { defaultSettings } from '../../../plugin/app/settings.ts'
import { catalogue, createTestPanel, mask, model, request } from '../../support/panel.ts'

const turbo = model('turbo', {
  family: 'sdxl',
  distillation: 'turbo',
  defaults: { sampler: 'euler-a', schedule: 'turbo', steps: 4, guidance: 1, clipSkip: 2 }
})

it('takes the settings of whichever model is chosen, without anyone touching them', async () => {
  const { store, actions } = await createTestPanel(mask('##', '##'))
  store.dispatch({ type: 'catalogue-loaded', catalogue: catalogue(model('plain'), turbo) })
  const sampling = () => samplingOf(store.getState().settings, modelInForce(store.getState())!)
  expect(sampling()).toMatchObject({ steps: 20, guidance: 7, sampler: 'euler' })
  actions.change({ model: 'turbo' })
  expect(sampling()).toEqual({ sampler: 'euler-a', schedule: 'turbo', steps: 4, guidance: 1 })
  actions.change({ steps: 2 })
  actions.change({ model: 'plain' })
  expect(sampling()).toMatchObject({ steps: 2, guidance: 7, sampler: 'euler' })
})

const chosen: AdvancedSettings = {
  clipSkip: 2,
  noise: 'gpu',
  eta: 0.5,
  guidanceRescale: 0.7,
  zeroTerminalSnr: true,
  emphasis: 'no-norm',
  variationSeed: 9,
  variationStrength: 0.25,
  seedResize: { width: 512, height: 640 }
}

it('asks for nothing where everything is as usual, and for what was chosen where it is not', () => {
  expect(advancedSampling(defaultAdvanced)).toEqual({})
  expect(advancedSampling(chosen)).toEqual(chosen)
  expect(advancedSampling({ ...defaultAdvanced, variationSeed: 9 })).toEqual({})
})

it('is what the server takes', () => {
  const sampling = { ...samplingOf({ ...defaultSettings, advanced: chosen }, turbo), seed: 1 }
  expect(Check(Sampling, sampling)).toBe(true)
})

it('comes back from a result', () => {
  const sampling = { ...samplingOf({ ...defaultSettings, advanced: chosen }, turbo), seed: 1 }
  expect(recalled(defaultSettings, request({ sampling })).advanced).toEqual(chosen)
  expect(recalled({ ...defaultSettings, advanced: chosen }, request()).advanced).toEqual(defaultAdvanced)
})
