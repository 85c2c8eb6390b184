import { Check } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { areasFor } from '#protocol/context.ts'
import { GenerateRequest } from '#protocol/request.ts'
import { buildRequest, planFor, takesSnapshot, type Situation } from '../../../plugin/app/build-request.ts'
import { intentOf } from '../../../plugin/app/intents.ts'
import { defaultSettings, type Settings } from '../../../plugin/app/settings.ts'
import { blob, catalogue, mask, model, usualModels } from '../../support/panel.ts'

const settings: Settings = {
  ...defaultSettings,
  prompt: 'a red car',
  strength: { refine: 0.5, depth: 0.75, custom: 0.9 }
}
const canvas = { width: 640, height: 480 }
const whole = { x: 0, y: 0, ...canvas }
const square = { bounds: { x: 300, y: 200, width: 2, height: 2 }, mask: mask('#+', '##') }
const strip = { bounds: { x: 638, y: 0, width: 2, height: 3 }, mask: mask('##', '##', '##') }
const situation = (change: Partial<Situation> = {}): Situation => ({
  documentId: 'document-1',
  canvas,
  selection: null,
  empty: null,
  ...change
})
const contextOf = (bounds: typeof whole, strength: number) =>
  // 32 pixels at 512, for a model of 64.
  areasFor(bounds, canvas, { strength, nativeSize: 64, settings: { minTransition: 4 } }).context

describe('a plan', () => {
  it.each([
    ['generate', situation(), { mode: 'txt2img', model: 'plain', area: whole, strength: 1 }],
    [
      'generate',
      situation({ selection: square }),
      { mode: 'inpaint', model: 'filler', area: contextOf(square.bounds, 1), strength: 1 }
    ],
    ['refine', situation(), { mode: 'img2img', model: 'plain', area: whole, strength: 0.5 }],
    [
      'refine',
      situation({ selection: square }),
      { mode: 'img2img', model: 'plain', area: contextOf(square.bounds, 0.5), strength: 0.5 }
    ],
    [
      'expand',
      situation({ empty: strip }),
      { mode: 'outpaint', model: 'filler', area: contextOf(strip.bounds, 1), strength: 1 }
    ],
    ['depth', situation(), { mode: 'depth2img', model: 'deep', area: whole, strength: 0.75 }],
    [
      'depth',
      situation({ selection: square }),
      { mode: 'depth2img', model: 'deep', area: contextOf(square.bounds, 0.75), strength: 0.75 }
    ]
  ] as const)('to %s has its mode, model, area and strength', (intent, given, expected) => {
    const { mode, model, area, strength } = planFor(intent, given, settings, usualModels)
    expect({ mode, model: model.id, area, strength }).toEqual(expected)
  })

  it.each([
    ['add', { fill: 'neutral', mask: { minTransition: 4 }, prompt: 'a red car', strength: 1 }],
    ['remove', { fill: 'inpaint', mask: { minTransition: 4 }, prompt: 'a red car', strength: 1 }],
    ['custom', { mask: { minTransition: 4 }, prompt: 'a red car', strength: 0.9 }]
  ] as const)('to %s starts from what suits it', (intent, expected) => {
    const plan = planFor(intent, situation({ selection: square }), settings, usualModels)
    const request = buildRequest(plan, settings, { snapshot: null, selection: null }, 1)
    const { fill, mask: masks, prompt, strength, mode } = request
    expect({ ...(fill === undefined ? {} : { fill }), mask: masks, prompt, strength }).toEqual(expected)
    expect(mode).toBe('inpaint')
    expect(intentOf(request)).toBe(intent)
  })

  it('to replace the background changes all but the selection, up to its edge', () => {
    const plan = planFor('background', situation({ selection: square }), settings, usualModels)
    expect(plan).toMatchObject({
      ...{ mode: 'inpaint', area: whole, fill: 'hard-neutral' },
      maskSettings: { feather: 0.01, minTransition: 0 }
    })
    const at = (x: number, y: number) => plan.mask?.data[y * canvas.width + x]
    expect([at(300, 200), at(301, 200), at(299, 200), at(0, 0)]).toEqual([0, 127, 255, 255])
    expect(intentOf(buildRequest(plan, settings, { snapshot: null, selection: null }, 1))).toBe('background')
  })

  it.each(['add', 'remove', 'background'] as const)(
    'to %s says that something must be selected',
    (intent) => {
      expect(() => planFor(intent, situation(), settings, usualModels)).toThrow('Nothing is selected')
    }
  )

  it('asks for background scenery where something goes and nothing is asked for', () => {
    const silent = { ...settings, prompt: ' ' }
    const prompt = (intent: 'remove' | 'add') =>
      planFor(intent, situation({ selection: square }), silent, usualModels).prompt
    expect([prompt('remove'), prompt('add')]).toEqual(['background scenery', ' '])
  })

  it('to do something custom takes fill, surroundings and mode from a person', () => {
    const custom = { fill: 'border', context: 'picture', isSeamless: false } as const
    const plan = planFor('custom', situation({ selection: square }), { ...settings, custom }, usualModels)
    expect(plan).toMatchObject({ mode: 'img2img', area: whole, fill: 'border', strength: 0.9 })
    expect(planFor('custom', situation(), settings, usualModels)).toMatchObject({
      mode: 'img2img',
      mask: null
    })
  })

  it('needs no pixels for a picture from nothing, and only for that', () => {
    expect(takesSnapshot(planFor('generate', situation(), settings, usualModels))).toBe(false)
    expect(takesSnapshot(planFor('generate', situation({ selection: square }), settings, usualModels))).toBe(
      true
    )
    expect(takesSnapshot(planFor('refine', situation(), settings, usualModels))).toBe(true)
  })

  it('carries the soft selection to its place in the area', () => {
    const plan = planFor('generate', situation({ selection: square }), settings, usualModels)
    const at = (x: number, y: number) =>
      plan.mask?.data[(y - plan.area.y) * plan.area.width + x - plan.area.x]
    expect([at(300, 200), at(301, 200), at(300, 201), at(299, 200)]).toEqual([255, 128, 255, 0])
    expect(plan.mask).toMatchObject({ width: plan.area.width, height: plan.area.height })
  })

  it('expands within a selection that holds empty canvas, else into all that is empty', () => {
    const over = { bounds: { x: 636, y: 0, width: 3, height: 2 }, mask: mask('###', '###') }
    const sum = (selection: typeof over) =>
      planFor('expand', situation({ selection, empty: strip }), settings, usualModels).mask?.data.reduce(
        (total, value) => total + value,
        0
      )
    expect(sum({ ...over, mask: mask('###', '##+') })).toBe(5 * 255 + 128)
    expect(sum(square)).toBe(6 * 255)
  })

  it('counts a selection of everything as none', () => {
    const all = { bounds: { x: 0, y: 0, width: 3, height: 2 }, mask: mask('###', '###') }
    const plan = planFor(
      'generate',
      situation({ canvas: { width: 3, height: 2 }, selection: all }),
      settings,
      usualModels
    )
    expect(plan.mode).toBe('txt2img')
  })

  it('is refused with its reason where there is nothing to do', () => {
    const nothing = { bounds: square.bounds, mask: mask('..', '..') }
    const plan =
      (intent: 'generate' | 'expand' | 'depth', given: Situation, models = usualModels) =>
      () =>
        planFor(intent, given, settings, models)
    expect(plan('generate', situation({ selection: nothing }))).toThrow('2 × 2 pixels selects nothing')
    expect(plan('expand', situation())).toThrow('no empty canvas')
    expect(plan('depth', situation(), catalogue(model('plain')))).toThrow('needs a depth model')
    expect(plan('generate', situation(), catalogue())).toThrow('None of your 0 models')
    expect(plan('generate', situation({ canvas: { width: 30000, height: 30000 } }))).toThrow('30000 × 30000')
  })
})

describe('the model', () => {
  const use = (chosen: string, intent: 'generate' | 'depth', selection = false) =>
    planFor(
      intent,
      situation(selection ? { selection: square } : {}),
      { ...settings, model: chosen },
      usualModels
    ).model.id

  it('is the chosen one wherever it can do what is asked', () => {
    expect(use('plain', 'generate', true)).toBe('plain')
    expect(use('filler', 'generate')).toBe('filler')
  })

  it('is one that can, where the chosen one cannot or is gone', () => {
    expect(use('plain', 'depth')).toBe('deep')
    expect(use('deep', 'generate')).toBe('plain')
    expect(use('gone', 'generate')).toBe('plain')
  })
})

describe('a request', () => {
  const image = (format: 'rgba8' | 'gray8') => ({ blob: blob('0'), width: 64, height: 64, format })
  const images = { snapshot: image('rgba8'), selection: image('gray8') }
  const plan = planFor('generate', situation({ selection: square }), settings, usualModels)

  it('is one that the server takes', () => {
    expect(Check(GenerateRequest, buildRequest(plan, settings, images, 7))).toBe(true)
    const alone = planFor('generate', situation(), settings, usualModels)
    const bare = buildRequest(alone, settings, { snapshot: null, selection: null }, 7)
    expect(Check(GenerateRequest, bare)).toBe(true)
    expect(bare).not.toHaveProperty('snapshot')
  })

  it('is the same for the same seed and settings', () => {
    expect(buildRequest(plan, settings, images, 7)).toEqual(buildRequest(plan, settings, images, 7))
    expect(buildRequest(plan, settings, images, 8)).not.toEqual(buildRequest(plan, settings, images, 7))
  })

  it('follows the model where nobody chose, and the person where they did', () => {
    expect(buildRequest(plan, settings, images, 7).sampling).toEqual({
      sampler: 'euler',
      schedule: 'normal',
      steps: 20,
      guidance: 7,
      seed: 7
    })
    const chosen = { ...settings, sampler: 'ddim', schedule: 'karras', steps: 5, guidance: 1 }
    expect(buildRequest(plan, chosen, images, 7).sampling).toEqual({
      sampler: 'ddim',
      schedule: 'karras',
      steps: 5,
      guidance: 1,
      seed: 7
    })
  })
})
