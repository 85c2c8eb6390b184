import { expect, test } from 'vitest'

import { createGraph } from '../../../bridge-server/graph/graph.ts'
import { openNetwork } from '../../../bridge-server/graph/scope.ts'
import type { Weight, WeightSource } from '../../../bridge-server/graph/weight.ts'

/** 2 bytes a number, one after another. */
function source(shapes: Readonly<Record<string, readonly number[]>>): WeightSource {
  let offset = 1000
  const weights = new Map<string, Weight>()
  for (const [name, shape] of Object.entries(shapes)) {
    const length = 2 * shape.reduce((product, size) => product * size, 1)
    weights.set(name, { dtype: 'f16', shape, file: '/models/a.safetensors', offset, length })
    offset += length
  }
  return { get: (name) => weights.get(name), names: [...weights.keys()] }
}

const open = (shapes: Readonly<Record<string, readonly number[]>>) => {
  const graph = createGraph({ attention: 'fused', gathersHalf: true, channelMultiple: 1 })
  return { graph, ...openNetwork(graph, source(shapes), 'UNet') }
}

test('a scope finds its weights wherever it stands, and knows its children', () => {
  const { m } = open({ 'blocks.0.conv.weight': [4, 2, 3, 3], 'blocks.1.weight': [1], 'out.weight': [2] })
  expect(m.each('blocks').map(({ path }) => path)).toEqual(['blocks.0', 'blocks.1'])
  expect(m.at('blocks', 0).has('conv')).toBe(true)
  expect(m.at('blocks', 1).has('conv')).toBe(false)
  expect(m.at('blocks', 0).at('conv').weight('weight').shape).toEqual([4, 2, 3, 3])
})

test('rows and shapes of a weight are other addresses of the same bytes', () => {
  const { m, graph } = open({ first: [3], weight: [8, 5, 1, 1] })
  const value = m.weight('weight', { rows: [2, 6], shape: [0, -1] })
  expect(value.shape).toEqual([4, 5])
  expect(graph.externals.map(({ weight }) => weight)).toMatchObject([
    { shape: [4, 5], offset: 1000 + 3 * 2 + 2 * 5 * 2, length: 4 * 5 * 2 }
  ])
})

test('a weight that is asked for twice is in the graph once', () => {
  const { m, graph } = open({ weight: [2, 2] })
  expect(m.weight('weight')).toBe(m.weight('weight'))
  expect(graph.externals).toHaveLength(1)
  expect(graph.nodes).toHaveLength(1)
})

test('missing and unused weights are told together, by name', () => {
  const { m, check } = open({ 'out.weight': [2], 'extra.bias': [1] })
  m.at('out').weight('weight')
  m.at('out').weight('bias')
  expect(check).toThrow(
    'The UNet of this model lacks 1 weight (out.bias) and has 1 weight (extra.bias) that nothing uses.'
  )
})

test('long lists are cut short', () => {
  const { check } = open(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`w${i}`, [1]])))
  expect(check).toThrow('has 9 weights (w0, w1, w2, w3, w4 and 4 more) that nothing uses')
})

test('what is left on purpose is not complained of, but its namesakes are', () => {
  const { m, check } = open({ 'decoder.conv.weight': [1], 'decoder2.weight': [1] })
  m.leave('decoder')
  expect(check).toThrow('has 1 weight (decoder2.weight)')
})
