import { expect, test } from 'vitest'

import { createGraph, type Target, type Value } from '../../../bridge-server/graph/graph.ts'
import { quickGelu, silu, gelu, upsampleNearest } from '../../../bridge-server/graph/ops.ts'
import { openNetwork, type Scope } from '../../../bridge-server/graph/scope.ts'
import { attention } from '../../../bridge-server/nn/attention.ts'
import { openSession } from '../../../bridge-server/runtime/session.ts'
import { elements, type Tensor } from '../../../bridge-server/tensor/tensor.ts'
import { largestDifference } from '../../support/numbers.ts'

const wave = (step: number, dims: readonly number[]): Tensor => ({
  data: Float32Array.from({ length: elements(dims) }, (_, i) => 2 * Math.sin(i * step + step)),
  dims
})

async function compute(
  inputs: Readonly<Record<string, Tensor>>,
  build: (m: Scope, values: ReadonlyMap<string, Value>) => Value,
  kind: Target['attention'] = 'fused'
): Promise<Tensor> {
  const graph = createGraph({ attention: kind, gathersHalf: true, channelMultiple: 1 })
  const { m } = openNetwork(graph, { names: [], get: () => undefined }, 'test')
  const values = new Map(
    Object.entries(inputs).map(([name, { dims }]) => [
      name,
      graph.input(
        name,
        'f32',
        dims.map((size, axis) => (axis === dims.length - 1 ? size : `${name}${axis}`))
      )
    ])
  )
  graph.output('y', build(m, values))
  const session = await openSession(graph, { provider: 'cpu', mode: 'turbo' })
  const outputs = await session.run(inputs)
  await session.release()
  return outputs.get('y')!
}

const q = wave(0.37, [2, 30, 24])
const k = wave(0.73, [2, 11, 24])
const v = wave(1.19, [2, 11, 24])

test('fused and plain attention agree, tokens of another number than queries included', async () => {
  const run = (kind: Target['attention']) =>
    compute({ q, k, v }, (m, x) => attention(m, x.get('q')!, x.get('k')!, x.get('v')!, { heads: 3 }), kind)
  const [fused, plain] = [await run('fused'), await run('plain')]
  expect(fused.dims).toEqual(q.dims)
  // Values up to 2, sums of 11 in another order.
  expect(largestDifference(fused.data, plain.data)).toBeLessThan(2e-6)
})

test('attention to equal values gives that value, whatever the scores', async () => {
  const same = { data: v.data.map(() => 0.25), dims: v.dims }
  const out = await compute({ q, k, v: same }, (m, x) =>
    attention(m, x.get('q')!, x.get('k')!, x.get('v')!, { heads: 4 })
  )
  expect(
    largestDifference(
      out.data,
      q.data.map(() => 0.25)
    )
  ).toBeLessThan(1e-6)
})

test('activations are the functions of their papers', async () => {
  const x = wave(0.1, [1, 64])
  const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value))
  const apply = (f: (m: Scope, value: Value) => Value) =>
    compute({ x }, (m, values) => f(m, values.get('x')!))
  expect(
    largestDifference(
      (await apply(silu)).data,
      x.data.map((t) => t * sigmoid(t))
    )
  ).toBeLessThan(1e-6)
  expect(
    largestDifference(
      (await apply(quickGelu)).data,
      x.data.map((t) => t * sigmoid(1.702 * t))
    )
  ).toBeLessThan(1e-6)
  // Gelu(1) = Φ(1), from tables of the normal distribution.
  const one = await compute({ x: { data: Float32Array.of(1), dims: [1, 1] } }, (m, values) =>
    gelu(m, values.get('x')!)
  )
  expect(one.data[0]).toBeCloseTo(0.8413447, 6)
})

test('nearest upsampling to an odd size takes floor(i · in / out), as torch does', async () => {
  const x = { data: Float32Array.of(0, 1, 2), dims: [1, 1, 1, 3] }
  const like = wave(1, [1, 1, 1, 5])
  const out = await compute({ x, like }, (m, values) =>
    upsampleNearest(m, values.get('x')!, values.get('like'))
  )
  expect([...out.data]).toEqual([0, 0, 1, 1, 2])
})
