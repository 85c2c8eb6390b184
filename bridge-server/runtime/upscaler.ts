import { assert } from '../errors.ts'
import { createGraph, type Graph, type Target, type Value } from '../graph/graph.ts'
import { openNetwork, type Scope } from '../graph/scope.ts'
import { rrdbNet } from '../nn/rrdb.ts'
import { srvggNet } from '../nn/srvgg.ts'
import { swinIr } from '../nn/swinir.ts'
import type { Upscaler as UpscalerFile } from '../weights/extensions/extension.ts'
import { tooLarge } from './memory.ts'
import type { Upscaler } from './model.ts'
import { createPart, output, type Runtime } from './part.ts'

/** Sides of a tile in pixels: larger ones take memory and save no time, smaller ones waste most of it on what they share. */
const MOST = 192
const LEAST = 64
const STEP = 32

/** An upscaler's file as a function. Throws AppError 'out-of-memory' where not even a small tile fits. */
export function createUpscaler(name: string, file: UpscalerFile, runtime: Runtime): Upscaler {
  const { scale, multiple } = file
  const network = createPart(
    (target) => upscalerGraph(file, target),
    { name: 'upscaler', half: null },
    runtime
  )
  const need = (height: number, width: number): number => activationBytes(file, height * width)
  let tile = MOST
  // By what may be used at all, for it is decided once.
  while (tile > LEAST && !network.isAllowed(need(tile, tile))) tile -= STEP
  if (!network.isAllowed(need(tile, tile)))
    throw tooLarge(
      `A tile of the upscaler “${name}”`,
      { width: tile, height: tile },
      runtime.budget.total,
      ({ width, height }) => network.weightBytes() + need(height, width)
    )
  return {
    name,
    scale,
    multiple,
    tile,
    async enlarge(image) {
      const [, , h = 0, w = 0] = image.dims
      assert(h % multiple === 0 && w % multiple === 0, `${w}×${h} is no multiple of ${multiple}`)
      return output(await network.run({ x: image }, need(h, w)), 'out')
    }
  }
}

const networks: Readonly<Record<UpscalerFile['network'], (m: Scope, x: Value) => Value>> = {
  rrdb: rrdbNet,
  srvgg: srvggNet,
  swinir: swinIr
}

function upscalerGraph({ network, weights }: UpscalerFile, target: Target): Graph {
  const graph = createGraph(target)
  const { m, check } = openNetwork(graph, weights, 'upscaler')
  graph.output('out', networks[network](m, graph.input('x', 'f32', ['n', 3, 'h', 'w'])))
  check()
  return graph
}

/** Tensors of full width that are alive at the worst moment, as large as the result and as the input; measured on ESRGAN's at 128²: 330 MB. */
const LIVE_LARGE = 5
const LIVE_SMALL = 8

function activationBytes(file: UpscalerFile, pixels: number): number {
  const { network, weights, scale, multiple } = file
  const widthOf = (name: string): number => weights.get(name)?.shape[0] ?? 0
  if (network === 'swinir') {
    const large = LIVE_LARGE * (widthOf('conv_before_upsample.0.weight') || 4 * 3) * scale ** 2
    return 4 * pixels * Math.max(large, LIVE_SMALL * widthOf('conv_first.weight') + scoresOf(file))
  }
  const width = widthOf(network === 'rrdb' ? 'conv_first.weight' : 'body.0.weight')
  const small = (LIVE_SMALL * width * pixels) / multiple ** 2
  const large = (network === 'rrdb' ? LIVE_LARGE * width : 4 * 3) * pixels * scale ** 2
  return 4 * (small + large)
}

/** SwinIR's scores for each pixel, of which three tensors are alive: each head's with all of its window. */
function scoresOf({ weights, multiple }: UpscalerFile): number {
  const table = 'layers.0.residual_group.blocks.0.attn.relative_position_bias_table'
  return 3 * (weights.get(table)?.shape[1] ?? 0) * multiple ** 2
}
