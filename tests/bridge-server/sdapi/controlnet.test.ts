import { expect, test } from 'vitest'
import { annotatorList } from '../../../bridge-server/annotate/registry.ts'
import type { Catalogue } from '../../../bridge-server/protocol/catalogue.ts'
import type { ExtensionInfo } from '../../../bridge-server/protocol/extensions.ts'
import { controlsOf } from '../../../bridge-server/sdapi/controlnet.ts'
import { thresholdsOf } from '../../../bridge-server/sdapi/modules.ts'
import type { AnnotateRequest } from '../../../bridge-server/protocol/annotators.ts'

const annotators = annotatorList(new Set(['depth', 'hed', 'openpose', 'mlsd']))
const image = { blob: '0'.repeat(64), width: 64, height: 64, format: 'rgba8' } as const
const nobody = (): Promise<never> => Promise.reject(new Error('Nobody asks for that'))

const union: ExtensionInfo = {
  ...{ kind: 'controlnet', id: 'union', name: 'union' },
  ...{ family: null, triggers: [], bytes: 1 }
}

/** What a unit asks the annotator and the job for. */
async function asked(unit: object) {
  const requests: AnnotateRequest[] = []
  const catalogue: Catalogue = {
    ...{ models: [], refused: [], folders: [], samplers: [], schedules: [], upscalers: [], vaes: [] },
    ...{ annotators, extensions: [union] }
  }
  const { controls } = await controlsOf(
    [{ image: 'AAAA', model: 'union', ...unit }],
    { catalogue, area: image, initial: null, signal: new AbortController().signal },
    {
      annotate: (request) => {
        requests.push(request)
        return Promise.resolve(image)
      },
      pictures: {
        decode: () => Promise.resolve(image),
        ...{ start: nobody, encode: nobody, fitMap: nobody, blend: nobody, info: nobody },
        ...{ flatten: nobody, cut: nobody, join: nobody }
      }
    }
  )
  return { parameters: requests[0]?.parameters, kind: controls[0]?.kind }
}

test.each([
  ['XDoG: the extension’s 32 is our default', { module: 'scribble_xdog', threshold_a: 32 }, { limit: 80 }],
  ['XDoG: less ink, by a higher threshold', { module: 'scribble_xdog', threshold_a: 64 }, { limit: 40 }],
  ['XDoG: out of range, the default', { module: 'scribble_xdog', threshold_a: 200 }, {}],
  ['Canny', { module: 'canny', threshold_a: 50, threshold_b: 120 }, { low: 50, high: 120 }],
  ['lines: the extension’s own default of another module', { module: 'mlsd', threshold_a: 64 }, {}]
])('thresholds land where they mean something: %s', async (_name, unit, parameters) => {
  expect((await asked(unit)).parameters).toEqual(parameters)
})

test('every slider that is told holds its own value', () => {
  for (const annotator of annotators)
    for (const { slider, sets, as } of thresholdsOf(annotator)) {
      const parameter = annotator.parameters.find(({ id }) => id === sets)
      expect(as(slider.value), annotator.id).toBe(parameter?.default)
      for (const end of [slider.min, slider.max]) {
        expect(as(end), annotator.id).toBeLessThanOrEqual(parameter?.max ?? NaN)
        expect(as(end), annotator.id).toBeGreaterThanOrEqual(parameter?.min ?? NaN)
      }
    }
})

test.each([
  [{ module: 'canny' }, 'lines'],
  [{ module: 'openpose' }, 'pose'],
  [{ module: 'none', union_control_type: 'Soft Edge' }, 'soft-edge'],
  [{ module: 'canny', union_control_type: 'Depth' }, 'depth'],
  [{ module: 'none', union_control_type: 'Unknown' }, undefined],
  [{ module: 'none' }, undefined]
])('a union of ControlNets is told what the map shows: %j', async (unit, kind) => {
  expect((await asked(unit)).kind).toBe(kind)
})

test('a kind that nobody knows is refused by name', async () => {
  await expect(asked({ union_control_type: 'Smell' })).rejects.toMatchObject({
    field: 'alwayson_scripts.controlnet.args.0.union_control_type'
  })
})
