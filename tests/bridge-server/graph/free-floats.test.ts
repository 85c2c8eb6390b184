import path from 'node:path'
import { expect, test } from 'vitest'

import { freeFloats } from '../../../bridge-server/graph/free-floats.ts'
import { createGraph } from '../../../bridge-server/graph/graph.ts'
import { add, reshape, sizes } from '../../../bridge-server/graph/ops.ts'
import { openNetwork } from '../../../bridge-server/graph/scope.ts'
import { unetGraph } from '../../../bridge-server/runtime/unet.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'

const target = { attention: 'fused', gathersHalf: true, channelMultiple: 1 } as const

test('tensors of free sizes are told, but not numbers of other types nor sizes of which nothing is known', () => {
  const graph = createGraph(target)
  const { m } = openNetwork(graph, { names: [], get: () => undefined }, 'network')
  const x = graph.input('x', 'f32', ['n', 4])
  const ids = graph.input('ids', 'i64', ['n', 4])
  const sum = add(m, x, x)
  reshape(m, ids, [0, 2, 2])
  sizes(m, x, 0, 2)
  reshape(m, graph.node('Mystery', [x], [-1, 4]), [-1])
  graph.node('Cast', [ids], ids.shape, { to: 6 })
  const half = graph.node('Cast', [sum], sum.shape, { to: 10 })
  expect(freeFloats(graph)).toEqual([
    { name: sum.name, shape: x.shape, dtype: 'f32' },
    { name: half.name, shape: x.shape, dtype: 'f16' }
  ])
})

test.each([true, false])(
  'every tensor of a UNet has sizes that are known or named, with ControlNets: %s',
  async (controlled) => {
    const models = path.resolve(import.meta.dirname, '../../../models')
    const { unet } = await openCheckpoint(path.join(models, 'pocket'))
    const graph = unetGraph(unet, { loras: [], hypernetworks: [], controlled }, target)
    const unknown = graph.nodes.filter(({ op, shape }) => op !== 'Shape' && shape.includes(-1))
    expect(unknown).toEqual([])
  }
)
