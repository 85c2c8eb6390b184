import { mkdtempSync, rmSync, truncateSync, writeFileSync, openSync, ftruncateSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createGraph, type Graph } from '../../../bridge-server/graph/graph.ts'
import { add } from '../../../bridge-server/graph/ops.ts'
import { openNetwork } from '../../../bridge-server/graph/scope.ts'
import type { Dtype, Weight } from '../../../bridge-server/graph/weight.ts'
import { linear } from '../../../bridge-server/nn/layers.ts'
import { openSession } from '../../../bridge-server/runtime/session.ts'

const CPU = { provider: 'cpu', mode: 'instant' } as const

let folder = ''
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), 'marquee weights ü-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const newGraph = (): Graph => createGraph({ attention: 'fused', gathersHalf: true, channelMultiple: 1 })

/** A file that holds these bytes behind three others, so that nothing is aligned. */
function store(name: string, bytes: Uint8Array, dtype: Dtype, shape: readonly number[]): Weight {
  const file = path.join(folder, name)
  writeFileSync(file, Buffer.concat([Buffer.alloc(3), bytes]))
  return { file, offset: 3, length: bytes.length, dtype, shape }
}

async function addedToZero(weight: Weight): Promise<readonly number[]> {
  const graph = newGraph()
  const { m } = openNetwork(graph, { names: ['w'], get: () => weight }, 'test')
  graph.output('y', add(m, graph.input('x', 'f32', weight.shape), m.weight('w')))
  const session = await openSession(graph, CPU)
  const zeros = new Float32Array(weight.shape.reduce((a, b) => a * b, 1))
  const outputs = await session.run({ x: { data: zeros, dims: weight.shape } })
  await session.release()
  return [...outputs.get('y')!.data]
}

describe('weights are read where they lie', () => {
  // 1, −2 and 0.5 in every type that checkpoints are stored in.
  test.each<[Dtype, readonly number[]]>([
    ['f32', [0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x3f]],
    ['f16', [0x00, 0x3c, 0x00, 0xc0, 0x00, 0x38]],
    ['bf16', [0x80, 0x3f, 0x00, 0xc0, 0x00, 0x3f]],
    ['f8e4m3', [0x38, 0xc0, 0x30]],
    ['f8e5m2', [0x3c, 0xc0, 0x38]]
  ])('as %s, unaligned, in a folder with a space and an umlaut', async (dtype, bytes) => {
    expect(await addedToZero(store(dtype, Uint8Array.from(bytes), dtype, [3]))).toEqual([1, -2, 0.5])
  })

  test('a slice of rows is that slice', async () => {
    const weight = store('rows', new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer), 'f32', [3, 2])
    const graph = newGraph()
    const { m } = openNetwork(
      graph,
      { names: ['weight'], get: (name) => (name === 'weight' ? weight : undefined) },
      'test'
    )
    graph.output('y', linear(m, graph.input('x', 'f32', ['n', 2]), { rows: [1, 3], bias: false }))
    const session = await openSession(graph, CPU)
    const outputs = await session.run({ x: { data: Float32Array.of(1, 10), dims: [1, 2] } })
    await session.release()
    expect([...outputs.get('y')!.data]).toEqual([3 + 40, 5 + 60])
  })

  test('a table of a gigabyte is open at once and takes no memory', async () => {
    const shape = [2 ** 16, 2 ** 12]
    const file = path.join(folder, 'sparse')
    const handle = openSync(file, 'w')
    ftruncateSync(handle, 2 ** 30)
    closeSync(handle)
    const graph = newGraph()
    const weight: Weight = { file, offset: 0, length: 2 ** 30, dtype: 'f32', shape }
    const { m } = openNetwork(graph, { names: ['table'], get: () => weight }, 'test')
    graph.output('y', m.rows('table', graph.input('ids', 'i64', ['n'])))
    const before = process.memoryUsage().rss
    const start = performance.now()
    const session = await openSession(graph, CPU)
    const outputs = await session.run({ ids: { data: BigInt64Array.of(60_000n), dims: [1] } })
    // Reading or copying the file would take both: a gigabyte, and on the slowest machine far more than this.
    expect(performance.now() - start).toBeLessThan(2000)
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28)
    expect(outputs.get('y')!.dims).toEqual([1, 2 ** 12])
    await session.release()
  })
})

describe('what cannot be opened is refused in words', () => {
  test('a file that was cut off, before it is mapped', async () => {
    const weight = store('short', new Uint8Array(400), 'f32', [100])
    truncateSync(weight.file, 300)
    await expect(addedToZero(weight)).rejects.toMatchObject({
      code: 'model-unreadable',
      message: 'short holds 300 bytes, but its weights need 403.'
    })
  })

  test('a file that is gone', async () => {
    const weight = store('gone', new Uint8Array(4), 'f32', [1])
    rmSync(weight.file)
    await expect(addedToZero(weight)).rejects.toMatchObject({ code: 'model-unreadable' })
  })

  test('a network whose sizes do not fit together', async () => {
    const graph = newGraph()
    const { m } = openNetwork(graph, { names: [], get: () => undefined }, 'test')
    graph.output('y', add(m, graph.input('a', 'f32', [3]), graph.input('b', 'f32', [4])))
    await expect(openSession(graph, CPU)).rejects.toMatchObject({ code: 'model-incomplete' })
  })
})
