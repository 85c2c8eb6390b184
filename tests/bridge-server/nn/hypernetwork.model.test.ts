import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createGraph } from '../../../bridge-server/graph/graph.ts'
import { openNetwork } from '../../../bridge-server/graph/scope.ts'
import { throughHypernetworks } from '../../../bridge-server/nn/hypernetwork.ts'
import { cpu } from '../../../bridge-server/runtime/device.ts'
import { openSession } from '../../../bridge-server/runtime/session.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { weightSource } from '../../../bridge-server/weights/tensor-table.ts'
import { measured } from '../../support/fidelity.ts'
import { readRecorded, relativeError, TOLERANCE } from '../runtime/recorded.ts'

// Hypernetworks of every structure and activation that the web UI trains, held to what PyTorch makes of them.

const folder = path.resolve(import.meta.dirname, '../../fixtures/hypernetworks')
const cacheFolder = mkdtempSync(path.join(tmpdir(), 'marquee-hypernetworks-'))
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }))
const recorded = readRecorded(path.join(folder, 'recorded.safetensors'))
const library = openExtensions({ folders: () => Promise.resolve([folder]), cacheFolder })
const names = readdirSync(folder).flatMap((file) => /^(.*)\.pt$/.exec(file)?.[1] ?? [])

async function made(name: string, scale: number) {
  const { content } = await library.hypernetwork(name)
  const graph = createGraph(cpu.target)
  const x = graph.input('x', 'f32', ['n', 'tokens', 8])
  const networks = content.widths
    .get(8)!
    .map((weights, i) => openNetwork(graph, weights, 'hypernetwork', { prefix: `${i}/` }))
  const hypernetwork = {
    ...content,
    at: () => [networks[0]!.m, networks[1]!.m] as const,
    scale: graph.input('scale', 'f32', [])
  }
  const { m } = openNetwork(graph, weightSource(new Map()), 'nothing')
  const [keys, values] = throughHypernetworks(m, x, 8, [hypernetwork])
  graph.output('keys', keys)
  graph.output('values', values)
  for (const { check } of networks) check()
  const session = await openSession(graph, { provider: 'cpu', mode: 'medium' })
  const outputs = await session.run({
    x: recorded.tensor('x'),
    scale: { data: Float32Array.of(scale), dims: [] }
  })
  await session.release()
  return outputs
}

test('the fixtures are all there', () => expect(names).toHaveLength(30))

test.each(names)('%s', async (name) => {
  const outputs = await made(name, 0.7)
  for (const which of ['keys', 'values']) {
    const error = relativeError(outputs.get(which)!, recorded.tensor(`${name}.${which}`))
    expect(measured('Hypernetworks, relative to the largest value', `${name}, ${which}`, error)).toBeLessThan(
      TOLERANCE
    )
  }
})

test.each(['relu', 'norm', 'prelu'])('%s at 0 is off, bit for bit', async (name) => {
  expect((await made(name, 0)).get('keys')!.data).toEqual(recorded.tensor('x').data)
})
