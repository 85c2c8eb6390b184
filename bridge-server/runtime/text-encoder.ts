import { assert } from '../errors.ts'
import { createGraph, type Graph, type Target } from '../graph/graph.ts'
import { openNetwork } from '../graph/scope.ts'
import { clipText, tokenEmbedding } from '../nn/clip.ts'
import { zeros } from '../tensor/tensor.ts'
import type { TextEncoderPart } from '../weights/checkpoint.ts'
import { adaptationsOf, scaleFeeds, type LoraLayers } from './adaptations.ts'
import type { TextEncoder } from './model.ts'
import { createPart, output, type Part, type Runtime } from './part.ts'

/** Run once for a picture, it saves nothing by half precision. */
const TEXT_ENCODER = { name: 'text encoder', half: null }

/**
 * A checkpoint's text encoder with LoRAs in it, to be given a scale for each of them; a graph for every clip skip that is asked
 * for.
 */
export function createTextEncoder(
  part: TextEncoderPart,
  runtime: Runtime,
  loras: readonly LoraLayers[] = []
): (scales?: readonly number[]) => TextEncoder {
  const [length = 0, width = 0] =
    part.weights.get('text_model.embeddings.position_embedding.weight')?.shape ?? []
  const layers = new Set(
    part.weights.names.flatMap((name) => /encoder\.layers\.(\d+)\./.exec(name)?.[1] ?? [])
  ).size
  const vocabulary = part.weights.get('text_model.embeddings.token_embedding.weight')?.shape[0] ?? 0
  const bySkip = new Map<number, Part>()

  const networkFor = (clipSkip: number): Part => {
    const network =
      bySkip.get(clipSkip) ??
      createPart((target) => textGraph({ ...part, clipSkip }, loras, target), TEXT_ENCODER, runtime)
    bySkip.set(clipSkip, network)
    return network
  }

  return (scales = []) => ({
    length,
    width,
    vocabulary,
    startToken: part.startToken,
    endToken: part.endToken,
    padToken: part.padToken,
    tokenizerFolder: part.tokenizerFolder,
    async encode(ids, clipSkip = part.clipSkip, vectors = zeros([1, width])) {
      const n = ids.length
      assert(
        ids.every((chunk) => chunk.length === length),
        `chunks of ${ids.map((c) => c.length).join()} tokens, not ${length}`
      )
      const data = BigInt64Array.from(ids.flatMap((chunk) => Array.from(chunk, BigInt)))
      // More layers than there are cannot be skipped; as in the web UI, the first is then the one.
      const network = networkFor(Math.min(Math.max(1, clipSkip), layers))
      const outputs = await network.run(
        { ids: { data, dims: [n, length] }, vectors, ...scaleFeeds(scales.map((scale) => [scale])) },
        activationBytes(n, length, width)
      )
      return { hidden: output(outputs, 'hidden'), pooled: output(outputs, 'pooled') }
    }
  })
}

function textGraph(part: TextEncoderPart, loras: readonly LoraLayers[], target: Target): Graph {
  const graph = createGraph(target)
  const { adaptations, check: checkAdapted } = adaptationsOf(graph, loras)
  const { m, check } = openNetwork(graph, part.weights, 'text encoder', { adaptations })
  const length = m.shapeOf('text_model.embeddings.position_embedding.weight')[0] ?? 'tokens'
  const ids = graph.input('ids', 'i64', ['n', length])
  const width = m.shapeOf('text_model.embeddings.position_embedding.weight')[1] ?? 'width'
  const vectors = graph.input('vectors', 'f32', ['count', width])
  const { hidden, pooled } = clipText(m, tokenEmbedding(m, ids, vectors), ids, part)
  graph.output('hidden', hidden)
  graph.output('pooled', pooled)
  check()
  checkAdapted()
  return graph
}

/** The MLP is four times as wide, and every head has its own matrix of scores. */
const activationBytes = (n: number, length: number, width: number): number =>
  4 * n * length * (16 * width + 64 * length)
