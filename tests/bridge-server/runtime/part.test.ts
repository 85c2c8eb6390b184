import { expect, test } from 'vitest'
import { AppError } from '../../../bridge-server/errors.ts'
import { createGraph } from '../../../bridge-server/graph/graph.ts'
import { acceleratorTarget, type Device } from '../../../bridge-server/runtime/device.ts'
import { createMemoryBudget } from '../../../bridge-server/runtime/memory.ts'
import { createPart } from '../../../bridge-server/runtime/part.ts'
import type { openSession } from '../../../bridge-server/runtime/session.ts'

const gpu: Device = { provider: 'cuda', target: acceleratorTarget('fused'), half: true }

/** A device with so many bytes, on which half precision overflows or does not. */
function place(room: number, overflows = false) {
  const opened: string[] = []
  let taken = 0
  const open: typeof openSession = (graph, { provider }) => {
    const isHalf = graph.nodes.some(({ op }) => op === 'Cast')
    const need = provider === 'cpu' ? 0 : isHalf ? 1 : 2
    if (taken + need > room)
      return Promise.reject(new AppError('out-of-memory', { message: 'CUDA failure 2: out of memory' }))
    taken += need
    opened.push(`${provider} ${isHalf ? 'fp16' : 'fp32'}`)
    const y = { data: Float32Array.of(isHalf && overflows ? NaN : 1), dims: [1] }
    return Promise.resolve({
      run: () => Promise.resolve(new Map([['y', y]])),
      release() {
        taken -= need
        return Promise.resolve()
      }
    })
  }
  const budget = createMemoryBudget(1e9)
  const part = (name: string) =>
    createPart(
      (target) => {
        const graph = createGraph(target)
        const x = graph.input('x', 'f32', [1])
        graph.output('y', graph.node('Relu', [x], [1]))
        return graph
      },
      { name, half: { fullLayers: null, fullScores: false } },
      { owner: 'model', device: gpu, budget, mode: undefined, open }
    )
  return { opened, budget, part }
}

const nothing = {}

test('a network whose numbers outgrow half precision is run again without it, and says so', async () => {
  const { opened, budget, part } = place(2, true)
  const unet = part('UNet')
  expect((await unet.run(nothing, 1)).get('y')?.data[0]).toBe(1)
  await unet.run(nothing, 1)
  expect(opened).toEqual(['cuda fp16', 'cuda fp32'])
  expect(budget.list()).toMatchObject([
    {
      network: 'UNet',
      device: 'cuda',
      precision: 'fp32',
      reason: 'its numbers grow too large for half precision'
    }
  ])
})

test('where the device is full, other networks make room', async () => {
  const { opened, budget, part } = place(1)
  await part('UNet').run(nothing, 1)
  await part('VAE decoder').run(nothing, 1)
  expect(opened).toEqual(['cuda fp16', 'cuda fp16'])
  expect(budget.list()).toMatchObject([{ network: 'VAE decoder', device: 'cuda', reason: null }])
})

test('what the device has no room for at all goes to the CPU, and says so', async () => {
  const { opened, budget, part } = place(0)
  await part('UNet').run(nothing, 1)
  expect(opened).toEqual(['cpu fp32'])
  expect(budget.list()).toMatchObject([
    { device: 'cpu', precision: 'fp32', reason: 'cuda has too little memory for it' }
  ])
})
