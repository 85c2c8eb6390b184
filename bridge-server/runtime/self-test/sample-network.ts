import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createGraph, type Graph, type Target } from '../../graph/graph.ts'
import { openNetwork } from '../../graph/scope.ts'
import type { Weight } from '../../graph/weight.ts'
import { attention } from '../../nn/attention.ts'
import { timestepEmbedding } from '../../nn/timestep-embedding.ts'
import { unet } from '../../nn/unet.ts'
import { elements, type Tensor } from '../../tensor/tensor.ts'
import { weightSource } from '../../weights/tensor-table.ts'
import { conditionInputs } from '../conditions.ts'

/** A UNet of one level with all that onnxruntime's providers have got wrong: nine input channels, heads of 40, float16 weights. */
const INPUTS = 9
const WIDTH = 160
const HEADS = 4
const CONTEXT = 64
const TOKENS = 77

const shapes: Readonly<Record<string, readonly number[]>> = {
  ...layer('time_embed.0', 4 * WIDTH, WIDTH),
  ...layer('time_embed.2', 4 * WIDTH, 4 * WIDTH),
  ...layer('input_blocks.0.0', WIDTH, INPUTS, 3, 3),
  ...resBlock('input_blocks.1.0', WIDTH),
  ...transformer('input_blocks.1.1'),
  ...resBlock('output_blocks.0.0', 2 * WIDTH),
  ...resBlock('output_blocks.1.0', 2 * WIDTH),
  ...layer('out.0', WIDTH),
  ...layer('out.2', 4, WIDTH, 3, 3)
}

function layer(name: string, out: number, ...rest: readonly number[]): Record<string, readonly number[]> {
  return { [`${name}.weight`]: [out, ...rest], [`${name}.bias`]: [out] }
}

function resBlock(name: string, inputs: number): Record<string, readonly number[]> {
  return {
    ...layer(`${name}.in_layers.0`, inputs),
    ...layer(`${name}.in_layers.2`, WIDTH, inputs, 3, 3),
    ...layer(`${name}.emb_layers.1`, WIDTH, 4 * WIDTH),
    ...layer(`${name}.out_layers.0`, WIDTH),
    ...layer(`${name}.out_layers.3`, WIDTH, WIDTH, 3, 3),
    ...(inputs === WIDTH ? {} : layer(`${name}.skip_connection`, WIDTH, inputs, 1, 1))
  }
}

function transformer(name: string): Record<string, readonly number[]> {
  const block = `${name}.transformer_blocks.0`
  const projections = (at: string, width: number): Record<string, readonly number[]> => ({
    [`${block}.${at}.to_q.weight`]: [WIDTH, WIDTH],
    [`${block}.${at}.to_k.weight`]: [WIDTH, width],
    [`${block}.${at}.to_v.weight`]: [WIDTH, width],
    ...layer(`${block}.${at}.to_out.0`, WIDTH, WIDTH)
  })
  return {
    ...layer(`${name}.norm`, WIDTH),
    ...layer(`${name}.proj_in`, WIDTH, WIDTH, 1, 1),
    ...projections('attn1', WIDTH),
    ...projections('attn2', CONTEXT),
    ...layer(`${block}.ff.net.0.proj`, 8 * WIDTH, WIDTH),
    ...layer(`${block}.ff.net.2`, WIDTH, 4 * WIDTH),
    ...['norm1', 'norm2', 'norm3'].reduce(
      (all, norm) => ({ ...all, ...layer(`${block}.${norm}`, WIDTH) }),
      {}
    ),
    ...layer(`${name}.proj_out`, WIDTH, WIDTH, 1, 1)
  }
}

export interface SampleNetwork {
  /** Outputs: `out` of the whole network, and `attended`, attention alone, which the rest would hide. */
  graph(target: Target): Graph
  /** For a picture of so many latents a side. Of 32, which attend to each other, it gives an accelerator something to do: 4 billion operations. */
  readonly feeds: (side: number) => Readonly<Record<string, Tensor>>
  /** Deletes its file. */
  close(): void
}

/** A network with made-up weights in a file of its own, as checkpoints have them. */
export function openSampleNetwork(): SampleNetwork {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-device-'))
  const file = path.join(folder, 'weights')
  const { table, bytes } = weightsFor(file)
  writeFileSync(file, bytes)
  return {
    graph: (target) => {
      const graph = createGraph(target)
      const { m, check } = openNetwork(graph, weightSource(table), 'device test')
      const x = graph.input('x', 'f32', ['n', INPUTS, 'h', 'w'])
      const options = { heads: { count: HEADS }, normGroups: 32 }
      graph.output('out', unet(m, x, conditionInputs(graph, m), options))
      const [q, k, v] = ['q', 'k', 'v'].map((name) => graph.input(name, 'f32', ['n', 'tokens', WIDTH]))
      if (q !== undefined && k !== undefined && v !== undefined)
        graph.output('attended', attention(m, q, k, v, { heads: HEADS }))
      check()
      return graph
    },
    feeds: (side) => ({
      x: wave([1, INPUTS, side, side], 0.41),
      timesteps: { data: timestepEmbedding(Float32Array.of(500), WIDTH), dims: [1, WIDTH] },
      context: wave([1, TOKENS, CONTEXT], 0.53),
      q: wave([1, TOKENS, WIDTH], 0.37),
      k: wave([1, TOKENS, WIDTH], 0.73),
      v: wave([1, TOKENS, WIDTH], 1.19)
    }),
    close: () => rmSync(folder, { recursive: true, force: true })
  }
}

const wave = (dims: readonly number[], step: number): Tensor => ({
  data: Float32Array.from({ length: elements(dims) }, (_, i) => 2 * Math.sin(i * step)),
  dims
})

function weightsFor(file: string): { readonly table: Map<string, Weight>; readonly bytes: Uint8Array } {
  const table = new Map<string, Weight>()
  let offset = 0
  for (const [name, shape] of Object.entries(shapes)) {
    const length = 2 * elements(shape)
    table.set(name, { file, offset, length, dtype: 'f16', shape })
    offset += length
  }
  const halves = new Uint16Array(offset / 2)
  let state = 1
  for (const { shape, offset: start, length } of table.values()) {
    // Exponents that keep a layer's output about as large as its input: products of `inputs` numbers of 2^e sum to √inputs · 2^e.
    const inputs = shape.slice(1).reduce((product, size) => product * size, 1)
    const exponent = 14 - Math.round(Math.log2(Math.sqrt(inputs)))
    for (let i = start / 2; i < (start + length) / 2; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      // Sign and mantissa are random.
      halves[i] = ((state >>> 16) & 0x83ff) | (exponent << 10)
    }
  }
  return { table, bytes: new Uint8Array(halves.buffer) }
}
