import path from 'node:path'
import { expect, test } from 'vitest'
import { createControlNet } from '../../../bridge-server/runtime/controlnet.ts'
import { cpu } from '../../../bridge-server/runtime/device.ts'
import { createMemoryBudget } from '../../../bridge-server/runtime/memory.ts'
import type { ControlNet } from '../../../bridge-server/runtime/model.ts'
import type { ControlKind } from '../../../bridge-server/protocol/request.ts'
import { weightSource } from '../../../bridge-server/weights/tensor-table.ts'
import { readSafetensors } from '../../../bridge-server/weights/safetensors.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { measured } from '../../support/fidelity.ts'
import { readRecorded, relativeError, TOLERANCE } from './recorded.ts'

// ControlNets that are more than the first half of a UNet, beside a tiny one of XL's structure, held to what diffusers recorded.

const folder = path.resolve(import.meta.dirname, '../../fixtures/controlnets')
const recorded = readRecorded(path.join(folder, 'recorded.safetensors'))
const extensions = openExtensions({ folders: () => Promise.resolve([folder]), cacheFolder: '' })

async function open(name: string, changes: { readonly inputs?: number } = {}): Promise<ControlNet> {
  const { weights } = await readSafetensors(path.join(folder, 'unet.safetensors'))
  const unet = {
    weights: weightSource(changes.inputs === undefined ? weights : widened(weights, changes.inputs)),
    heads: { size: 8 },
    normGroups: 8,
    inputChannels: changes.inputs ?? 4
  }
  const runtime = {
    ...{ owner: name, device: cpu, budget: createMemoryBudget(2 ** 30) },
    mode: undefined
  }
  const { content } = await extensions.controlNet(name)
  return createControlNet(name, content, { unet, runtime })
}

type Weights = Awaited<ReturnType<typeof readSafetensors>>['weights']

/** The header of a model for inpainting. */
function widened(weights: Weights, inputs: number): Weights {
  const entry = weights.get('input_blocks.0.0.weight')!
  return new Map(weights).set('input_blocks.0.0.weight', { ...entry, shape: entry.shape.with(1, inputs) })
}

async function residualsOf(net: ControlNet, kind?: ControlKind) {
  return net.residuals({
    ...{ x: recorded.tensor('x'), context: recorded.tensor('context'), y: recorded.tensor('y'), kind },
    timesteps: recorded.tensor('timesteps').data,
    hint: await net.hint(recorded.tensor('hint'))
  })
}

test.each([
  ['union', 'depth', 'union.1'],
  ['union', 'lines', 'union.3'],
  ['control-lora', undefined, 'control-lora']
] as const)('%s for %s', async (name, kind, recording) => {
  const residuals = await residualsOf(await open(name), kind)
  expect(residuals).toHaveLength(5)
  residuals.forEach((residual, i) => {
    const error = relativeError(residual, recorded.tensor(`${recording}.${i}`))
    measured(
      'Unions of ControlNets and control-LoRAs, relative to the largest value',
      `${recording}.${i}`,
      error
    )
    expect(error, String(i)).toBeLessThan(TOLERANCE)
  })
})

test('a union must be told what the map shows, and says what it knows', async () => {
  const net = await open('union')
  expect(net.kinds).toEqual(['pose', 'depth', 'soft-edge', 'lines', 'normal', 'segmentation'])
  await expect(residualsOf(net)).rejects.toMatchObject({ code: 'model-cannot' })
  await expect(residualsOf(net, 'tile')).rejects.toThrow(/several kinds of maps, and not for “tile”/)
})

test('a control-LoRA on a model of other inputs is refused by its name', async () => {
  await expect(open('control-lora', { inputs: 9 })).rejects.toMatchObject({ code: 'model-unsupported' })
  await expect(open('control-lora', { inputs: 9 })).rejects.toThrow(
    /control-LoRA “control-lora” does not fit/
  )
})
