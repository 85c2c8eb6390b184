import { expect, test } from 'vitest'
import { createGraph, type Value } from '../../../bridge-server/graph/graph.ts'
import { preparations, weightsFirst } from '../../../bridge-server/graph/node-order.ts'

const target = { attention: 'fused', gathersHalf: true, channelMultiple: 1 } as const

/** Two layers of float16 weights, the second with a LoRA of a strength that is an input. */
function twoLayers() {
  const graph = createGraph(target)
  const weight = (name: string): Value =>
    graph.weight(name, { file: '/model', offset: 0, length: 8, dtype: 'f16', shape: [2, 2] })
  const x = graph.input('x', 'f32', ['n', 2])
  const strength = graph.input('strength', 'f32', [])
  const first = graph.node('MatMul', [x, weight('first')], [-1, 2])
  const adapted = graph.node(
    'Add',
    [weight('second'), graph.node('Mul', [weight('lora'), strength], [2, 2])],
    [2, 2]
  )
  graph.output('out', graph.node('MatMul', [first, adapted], [-1, 2]))
  return graph
}

test('everything that only prepares weights stands before everything else, behind what it needs', () => {
  const graph = twoLayers()
  const ordered = weightsFirst(graph)
  expect(ordered.map(({ op }) => op)).toEqual([
    'Cast',
    'Cast',
    'Cast',
    'Mul',
    'Add',
    'MatMul',
    'MatMul',
    'Identity'
  ])
  const places = new Map(ordered.map(({ output }, i) => [output, i]))
  expect(places.size).toBe(graph.nodes.length)
  for (const [i, { inputs }] of ordered.entries())
    for (const name of inputs) expect(places.get(name) ?? -1).toBeLessThan(i)
})

test('what follows a strength is prepared in every run, and the rest may be folded', () => {
  const { fixed, scaled } = preparations(twoLayers())
  expect(fixed.map(({ op }) => op)).toEqual(['Cast', 'Cast', 'Cast'])
  expect(scaled.map(({ op }) => op)).toEqual(['Mul', 'Add'])
})
