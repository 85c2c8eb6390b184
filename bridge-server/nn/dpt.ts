import type { Value } from '../graph/graph.ts'
import {
  add,
  concat,
  expandLike,
  gelu,
  relu,
  reshape,
  slice,
  transpose,
  upsampleBilinear
} from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { DYNAMIC } from '../graph/shape.ts'
import { bitBackbone } from './bit.ts'
import { batchNorm, conv2d, convTranspose2d, linear } from './layers.ts'
import { vitEmbeddings, vitLayer, type VitOptions } from './vit.ts'

export interface DptOptions extends VitOptions {
  readonly patchSize: number
  /** Layers of the transformer whose outputs are used; a hybrid takes its first two maps from its backbone instead. */
  readonly outIndices: readonly number[]
  readonly readout: 'project' | 'add' | 'ignore'
  readonly hybrid: boolean
  readonly backboneGroups: number
}

/** transformers.DPTForDepthEstimation. x: normalised picture [n, 3, S, S], S known → [n, H, W] */
export function dpt(m: Scope, x: Value, options: DptOptions): Value {
  const backbone = m.at('dpt')
  backbone.leave('layernorm')
  backbone.leave('pooler')
  const embeddings = backbone.at('embeddings')
  const maps = options.hybrid ? bitBackbone(embeddings.at('backbone.bit'), x, options.backboneGroups) : []
  const patches = options.hybrid
    ? conv2d(embeddings.at('projection'), maps.at(-1) ?? x)
    : conv2d(embeddings.at('patch_embeddings.projection'), x, { stride: options.patchSize })

  const layers = transformer(backbone.at('encoder'), vitEmbeddings(embeddings, patches), options)
  const fromBackbone = options.hybrid ? maps.slice(0, 2) : []
  const fromLayers = reassemble(m.at('neck.reassemble_stage'), layers, {
    first: fromBackbone.length,
    grid: patches,
    readout: options.readout
  })
  const features = [...fromBackbone, ...fromLayers].map((map, i) =>
    conv2d(m.at('neck.convs', i), map, { padding: 1, bias: false })
  )
  return depthHead(m.at('head'), fuse(m.at('neck.fusion_stage'), features))
}

/** The outputs of the wanted layers; those behind the last of them are never computed. */
function transformer(m: Scope, x: Value, { outIndices, hybrid, ...options }: DptOptions): readonly Value[] {
  const wanted = hybrid ? outIndices.slice(2) : outIndices
  const outputs: Value[] = []
  let h = x
  for (const [i, layer] of m.each('layer').entries()) {
    if (i > Math.max(...wanted)) {
      m.leave(`layer.${i}`)
      continue
    }
    h = vitLayer(layer, h, options)
    if (wanted.includes(i)) outputs.push(h)
  }
  return outputs
}

interface Reassembly {
  /** The number of the first map. */
  readonly first: number
  /** A tensor with the height and width of the patches. */
  readonly grid: Value
  readonly readout: DptOptions['readout']
}

/** transformers' DPTReassembleStage: tokens back to maps, each half as large as the one before. */
function reassemble(
  m: Scope,
  layers: readonly Value[],
  { first, grid, readout }: Reassembly
): readonly Value[] {
  let factor = 2
  return layers.map((tokens, i) => {
    const layer = m.at('layers', first + i)
    const map = readOut(m.at('readout_projects', first + i, 0), tokens, grid, readout)
    const h = conv2d(layer.at('projection'), map)
    const [, , kernel = 1] = layer.shapeOf('resize.weight')
    // Kernels of 2 and 4 enlarge, none keeps the size, 3 shrinks by what the step before leaves to do.
    if (kernel === 1) factor = 1
    else if (kernel === 3) factor /= 2
    else factor = kernel
    if (factor === 1) return h
    const resize = layer.at('resize')
    return factor > 1 ? convTranspose2d(resize, h) : conv2d(resize, h, { stride: 1 / factor, padding: 1 })
  })
}

/** What the class token knows goes into every other token, and those become a map. */
function readOut(m: Scope, tokens: Value, grid: Value, readout: DptOptions['readout']): Value {
  const [, , h = DYNAMIC, w = DYNAMIC] = grid.shape
  const classToken = slice(m, tokens, 1, 0, 1)
  let patches = slice(m, tokens, 1, 1) // [n, h·w, c]
  if (readout === 'add') patches = add(m, patches, classToken)
  if (readout === 'project')
    patches = gelu(m, linear(m, concat(m, [patches, expandLike(m, classToken, patches)], 2)))
  return reshape(m, transpose(m, patches, [0, 2, 1]), [0, 0, h, w])
}

/**
 * transformers' DPTFeatureFusionStage, from the smallest map up. Each layer doubles the sides, or, with `fitted`, brings them to
 * those of the next map, as Depth-Anything does.
 */
export function fuse(m: Scope, features: readonly Value[], { fitted = false } = {}): Value {
  m.leave('layers.0.residual_layer1')
  const maps = features.toReversed()
  const next = (i: number): { readonly like?: Value } => {
    const like = maps[i + 1]
    return fitted && like !== undefined ? { like } : {}
  }
  const [smallest, ...rest] = maps
  let fused = fusionLayer(m.at('layers', 0), smallest ?? { name: '', shape: [] }, next(0))
  for (const [i, residual] of rest.entries())
    fused = fusionLayer(m.at('layers', i + 1), fused, { residual, ...next(i + 1) })
  return fused
}

interface Fusion {
  readonly residual?: Value
  readonly like?: Value
}

/** transformers' DPTFeatureFusionLayer */
function fusionLayer(m: Scope, x: Value, { residual, like }: Fusion): Value {
  let h = x
  if (residual !== undefined) {
    const same = residual.shape.slice(2).join() === x.shape.slice(2).join()
    const fitted = same ? residual : upsampleBilinear(m, residual, 'half_pixel', x)
    h = add(m, h, preActResidual(m.at('residual_layer1'), fitted))
  }
  h = preActResidual(m.at('residual_layer2'), h)
  return conv2d(m.at('projection'), upsampleBilinear(m, h, 'align_corners', like))
}

/** transformers' DPTPreActResidualLayer, whose convolutions have a bias unless a norm follows them. */
function preActResidual(m: Scope, x: Value): Value {
  const convolution = (i: number, h: Value): Value => {
    const conv = m.at(`convolution${i}`)
    const y = conv2d(conv, relu(m, h), { padding: 1, bias: conv.has('bias') || !m.has('batch_norm1') })
    return m.has(`batch_norm${i}`) ? batchNorm(m.at(`batch_norm${i}`), y) : y
  }
  return add(m, convolution(2, convolution(1, x)), x)
}

/** transformers' DPTDepthEstimationHead */
function depthHead(m: Scope, x: Value): Value {
  let h = m.has('projection') ? relu(m, conv2d(m.at('projection'), x, { padding: 1 })) : x
  h = upsampleBilinear(m, conv2d(m.at('head', 0), h, { padding: 1 }), 'align_corners')
  h = relu(m, conv2d(m.at('head', 2), h, { padding: 1 }))
  h = relu(m, conv2d(m.at('head', 4), h))
  const [, , height = DYNAMIC, width = DYNAMIC] = h.shape
  return reshape(m, h, [0, height, width])
}
