import path from 'node:path'
import { expect, test } from 'vitest'
import { createControlNet } from '../../../bridge-server/runtime/controlnet.ts'
import { cpu } from '../../../bridge-server/runtime/device.ts'
import { createMemoryBudget } from '../../../bridge-server/runtime/memory.ts'
import type { ControlNet } from '../../../bridge-server/runtime/model.ts'
import type { ControlKind } from '../../../bridge-server/protocol/request.ts'
import type { Tensor } from '../../../bridge-server/tensor/tensor.ts'
import { weightSource } from '../../../bridge-server/weights/tensor-table.ts'
import { readSafetensors } from '../../../bridge-server/weights/safetensors.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { measured } from '../../support/fidelity.ts'
import { readRecorded, relativeError, TOLERANCE } from './recorded.ts'

// ControlNets that are more than the first half of a UNet, beside a tiny one of XL's structure, held to what diffusers recorded.

const folder = path.resolve(import.meta.dirname, '../../fixtures/controlnets')
const recorded = readRecorded(path.join(folder, 'recorded.safetensors'))
const extensions = openExtensions({ folders: () => Promise.resolve([folder]), cacheFolder: '' })

interface Changes {
  readonly inputs?: number
  /** Of the header of the UNet that it stands beside. */
  readonly header?: (weights: Weights) => Weights
}

async function open(
  name: string,
  { inputs, header = (weights) => weights }: Changes = {}
): Promise<ControlNet> {
  const { weights } = await readSafetensors(path.join(folder, 'unet.safetensors'))
  const unet = {
    weights: weightSource(header(inputs === undefined ? weights : widened(weights, inputs))),
    heads: { size: 8 },
    normGroups: 8,
    inputChannels: inputs ?? 4
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

async function residualsOf(
  net: ControlNet,
  { kind, isXl = true }: { kind?: ControlKind; isXl?: boolean } = {}
) {
  return net.residuals({
    ...{ x: recorded.tensor('x'), context: recorded.tensor('context'), kind },
    ...(isXl ? { y: recorded.tensor('y') } : {}),
    timesteps: recorded.tensor('timesteps').data,
    hint: await net.hint(recorded.tensor('hint'))
  })
}

test.each([
  ['union', 'depth', 'union.1'],
  ['union', 'lines', 'union.3'],
  ['control-lora', undefined, 'control-lora']
] as const)('%s for %s', async (name, kind, recording) => {
  expectRecorded(await residualsOf(await open(name), kind === undefined ? {} : { kind }), recording)
})

function expectRecorded(residuals: readonly Tensor[], recording: string): void {
  expect(residuals).toHaveLength(5)
  residuals.forEach((residual, i) => {
    const error = relativeError(residual, recorded.tensor(`${recording}.${i}`))
    measured('ControlNets of other forms, relative to the largest value', `${recording}.${i}`, error)
    expect(error, String(i)).toBeLessThan(TOLERANCE)
  })
}

/** The header of a UNet with two transformers in each block. */
const deeper = (weights: Weights): Weights =>
  new Map([
    ...weights,
    ...[...weights]
      .filter(([name]) => name.includes('.transformer_blocks.0.'))
      .map(
        ([name, weight]) =>
          [name.replace('.transformer_blocks.0.', '.transformer_blocks.1.'), weight] as const
      )
  ])

test('one without transformers, in bfloat16, beside a UNet of XL', async () => {
  expectRecorded(await residualsOf(await open('small')), 'small')
})

test('one with fewer transformers than its UNet', async () => {
  expectRecorded(await residualsOf(await open('union', { header: deeper }), { kind: 'depth' }), 'union.1')
})

test('one of SD 2, in float32', async () => {
  const withoutPooled = (weights: Weights): Weights =>
    new Map([...weights].filter(([name]) => !name.startsWith('label_emb.')))
  const net = await open('sd2', { header: withoutPooled })
  expectRecorded(await residualsOf(net, { isXl: false }), 'sd2')
})

test('one of another family says what differs, even where it has fewer blocks', async () => {
  await expect(open('sd2')).rejects.toThrow(
    'The ControlNet “sd2” does not fit the model: its label_emb.0.0.bias has 0 numbers, the model’s'
  )
  const longer = (weights: Weights): Weights =>
    new Map([...weights, ['input_blocks.4.0.op.weight', weights.get('input_blocks.2.0.op.weight')!]])
  await expect(open('small', { header: longer })).rejects.toThrow(
    'it adds to 5 blocks of 16, 16, 16, 32, 32 channels, and the model has 6 of 16, 16, 16, 32, 16, 16'
  )
})

test('a union must be told what the map shows, and says what it knows', async () => {
  const net = await open('union')
  expect(net.kinds).toEqual(['pose', 'depth', 'soft-edge', 'lines', 'normal', 'segmentation'])
  await expect(residualsOf(net)).rejects.toMatchObject({ code: 'model-cannot' })
  await expect(residualsOf(net, { kind: 'tile' })).rejects.toThrow(
    /several kinds of maps, and not for “tile”/
  )
})

test('a control-LoRA on a model of other inputs is refused by its name', async () => {
  await expect(open('control-lora', { inputs: 9 })).rejects.toMatchObject({ code: 'model-unsupported' })
  await expect(open('control-lora', { inputs: 9 })).rejects.toThrow(
    /control-LoRA “control-lora” does not fit/
  )
})
