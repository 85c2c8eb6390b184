import path from 'node:path'

import { describe, expect, test } from 'vitest'

import { createDepthEstimator } from '../../../bridge-server/runtime/depth.ts'
import { cpu } from '../../../bridge-server/runtime/device.ts'
import { createMemoryBudget } from '../../../bridge-server/runtime/memory.ts'
import { readSafetensors } from '../../../bridge-server/weights/safetensors.ts'
import { weightSource } from '../../../bridge-server/weights/tensor-table.ts'
import { findGolden } from '../../support/golden.ts'
import { readRecorded, relativeError, TOLERANCE } from './recorded.ts'

const folder = findGolden('extensions')
if (folder === null)
  test.skip('DPT against transformers: there is no shared/golden beside the repository', () => undefined)

/** The second picture of plain DPT is larger than the positions it learnt; the hybrid takes its own size only. */
const cases = [
  ['dpt', 0, 64],
  ['dpt', 1, 96],
  ['dpt-hybrid', 0, 64],
  ['dpt-hybrid', 1, 64]
] as const

describe.each(folder === null ? [] : cases)('%s, picture %i of %i px', (name, i, imageSize) => {
  test('computes what transformers recorded', async () => {
    const recorded = readRecorded(path.join(folder ?? '', 'golden.safetensors'))
    const { weights } = await readSafetensors(path.join(folder ?? '', name, 'model.safetensors'))
    const budget = createMemoryBudget(2 ** 32)
    const estimate = createDepthEstimator(
      {
        weights: weightSource(weights),
        heads: 4,
        patchSize: 16,
        outIndices: [1, 2, 3, 5],
        layerNormEpsilon: 1e-12,
        readout: 'project',
        hybrid: name === 'dpt-hybrid',
        backboneGroups: 8,
        imageSize,
        mean: [0.5, 0.5, 0.5],
        std: [0.5, 0.5, 0.5]
      },
      { owner: name, device: cpu, budget, mode: undefined }
    )
    const depth = await estimate(recorded.tensor(`${name}.${i}.pixels`))
    expect(relativeError(depth, recorded.tensor(`${name}.${i}.depth`))).toBeLessThan(TOLERANCE)
    await budget.release()
  })
})
