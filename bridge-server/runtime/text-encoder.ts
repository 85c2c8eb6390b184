import { assert } from '../errors.ts'
import { createGraph, type Graph, type Target } from '../graph/graph.ts'
import { openNetwork } from '../graph/scope.ts'
import { clipText, tokenEmbedding } from '../nn/clip.ts'
import type { TextEncoderPart } from '../weights/checkpoint.ts'
import type { TextEncoder } from './model.ts'
import { createPart, output, type Part, type Runtime } from './part.ts'

/** A checkpoint's text encoder; a graph for every clip skip that is asked for. */
export function createTextEncoder(part: TextEncoderPart, runtime: Runtime): TextEncoder {
  const [length = 0, width = 0] =
    part.weights.get('text_model.embeddings.position_embedding.weight')?.shape ?? []
  const layers = new Set(
    part.weights.names.flatMap((name) => /encoder\.layers\.(\d+)\./.exec(name)?.[1] ?? [])
  ).size
  const bySkip = new Map<number, Part>()

  const networkFor = (clipSkip: number): Part => {
    const network = bySkip.get(clipSkip) ?? createPart((target) => textGraph(part, clipSkip, target), runtime)
    bySkip.set(clipSkip, network)
    return network
  }

  return {
    length,
    width,
    startToken: part.startToken,
    endToken: part.endToken,
    padToken: part.padToken,
    tokenizerFolder: part.tokenizerFolder,
    async encode(ids, clipSkip = part.clipSkip) {
      const n = ids.length
      assert(
        ids.every((chunk) => chunk.length === length),
        `chunks of ${ids.map((c) => c.length).join()} tokens, not ${length}`
      )
      const data = BigInt64Array.from(ids.flatMap((chunk) => Array.from(chunk, BigInt)))
      // More layers than there are cannot be skipped; as in the web UI, the first is then the one.
      const network = networkFor(Math.min(Math.max(1, clipSkip), layers))
      const outputs = await network.run(
        { ids: { data, dims: [n, length] } },
        activationBytes(n, length, width)
      )
      return { hidden: output(outputs, 'hidden'), pooled: output(outputs, 'pooled') }
    }
  }
}

function textGraph(part: TextEncoderPart, clipSkip: number, target: Target): Graph {
  const graph = createGraph(target)
  const { m, check } = openNetwork(graph, part.weights, 'text encoder')
  const length = m.shapeOf('text_model.embeddings.position_embedding.weight')[0] ?? 'tokens'
  const ids = graph.input('ids', 'i64', ['n', length])
  const { hidden, pooled } = clipText(m, tokenEmbedding(m, ids), ids, { ...part, clipSkip })
  graph.output('hidden', hidden)
  graph.output('pooled', pooled)
  check()
  return graph
}

/** The MLP is four times as wide, and every head has its own matrix of scores. */
const activationBytes = (n: number, length: number, width: number): number =>
  4 * n * length * (16 * width + 64 * length)
