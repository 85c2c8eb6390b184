import { assert } from '../errors.ts'
import { createGraph, type Graph, type Target, type Value } from '../graph/graph.ts'
import { openNetwork, type Scope } from '../graph/scope.ts'
import { vaeDecode, vaeEncode, type VaeOptions } from '../nn/vae.ts'
import { elements, type Tensor } from '../tensor/tensor.ts'
import type { VaePart } from '../weights/checkpoint.ts'
import { tooLarge } from './memory.ts'
import { createPart, output, type Part, type Runtime } from './part.ts'
import { vaePrecision } from './precision.ts'
import { runTiled, trimmed, wrapped } from './tiles.ts'

export interface Vae {
  /** Pixels for one latent along an axis. */
  readonly downscale: number
  readonly encode: (image: Tensor) => Promise<Tensor>
  readonly decode: (latents: Tensor) => Promise<Tensor>
}

/** Neighbouring tiles share so many latents; smaller tiles than MIN_TILE would show in the picture. */
const OVERLAP = 16
const MIN_TILE = 32

/** A checkpoint's autoencoder, one picture at a time; in overlapping tiles where a picture would not fit into memory. */
export function createVae(part: VaePart, runtime: Runtime): Vae {
  const shapeOf = (name: string): readonly number[] => part.weights.get(name)?.shape ?? []
  const levels = new Set(
    part.weights.names.flatMap((name) => /^encoder\.down\.(\d+)\./.exec(name)?.[1] ?? [])
  ).size
  const downscale = 2 ** (levels - 1)
  const half = vaePrecision(part)
  const encoder = createPart((target) => encoderGraph(part, target), { name: 'VAE encoder', half }, runtime)
  const decoder = createPart((target) => decoderGraph(part, target), { name: 'VAE decoder', half }, runtime)
  // The widest tensors at full size: the decoder's last level still has the channels of the one before when it begins.
  const encoderWidth = shapeOf('encoder.conv_in.weight')[0] ?? 0
  const decoderWidth = shapeOf('decoder.up.0.block.0.norm1.weight')[0] ?? 0

  const apply = (network: Part, x: Tensor, sides: Sides): Promise<Tensor> =>
    eachPicture(x, (picture) => runWithin(network, picture, { ...sides, downscale, runtime }))

  return {
    downscale,
    encode(image) {
      const [, , h = 0, w = 0] = image.dims
      assert(
        h % downscale === 0 && w % downscale === 0,
        `a picture of ${w}×${h} is no multiple of ${downscale}`
      )
      return apply(encoder, image, { inputUnit: downscale, outputUnit: 1, channels: encoderWidth })
    },
    decode: (latents) =>
      apply(decoder, latents, { inputUnit: 1, outputUnit: downscale, channels: decoderWidth })
  }
}

interface Sides {
  readonly inputUnit: number
  readonly outputUnit: number
  /** Channels of the widest tensor of full size. */
  readonly channels: number
}

interface Limits extends Sides {
  readonly downscale: number
  readonly runtime: Runtime
}

async function runWithin(
  network: Part,
  x: Tensor,
  { channels, downscale, runtime, ...units }: Limits
): Promise<Tensor> {
  const [, , h = 0, w = 0] = x.dims
  const [rows, columns] = [h / units.inputUnit, w / units.inputUnit]
  const plain = runtime.device.target.attention === 'plain'
  const need = (height: number, width: number): number =>
    activationBytes({ pixels: height * width * downscale ** 2, tokens: height * width, channels, plain })
  const run = async (tile: Tensor): Promise<Tensor> => {
    const [, , height = 0, width = 0] = tile.dims
    return output(
      await network.run({ x: tile }, need(height / units.inputUnit, width / units.inputUnit)),
      'out'
    )
  }
  if (network.fits(need(rows, columns))) return run(x)
  let tile = Math.floor(Math.max(rows, columns) / 8) * 8
  while (tile >= MIN_TILE && !network.fits(need(Math.min(tile, rows), Math.min(tile, columns)))) tile -= 8
  if (tile < MIN_TILE) tile = MIN_TILE
  const [highest, widest] = [Math.min(tile, rows), Math.min(tile, columns)]
  if (!network.isAllowed(need(highest, widest))) {
    throw tooLarge(
      'Even a tile of the autoencoder',
      { width: widest * downscale, height: highest * downscale },
      runtime.budget.total,
      ({ width, height }) => network.weightBytes() + need(height / downscale, width / downscale)
    )
  }
  const around = runtime.edges === 'wrap' ? OVERLAP : 0
  const wide = wrapped(x, around * units.inputUnit)
  return trimmed(await runTiled(wide, { tile, overlap: OVERLAP, ...units }, run), around * units.outputUnit)
}

/** Pictures of a batch gain nothing from being run together, and would need the memory of all at once. */
async function eachPicture(x: Tensor, run: (picture: Tensor) => Promise<Tensor>): Promise<Tensor> {
  const [n = 0, ...rest] = x.dims
  const size = elements(rest)
  const results: Tensor[] = []
  for (let i = 0; i < n; i++)
    results.push(await run({ data: x.data.subarray(i * size, (i + 1) * size), dims: [1, ...rest] }))
  const [first] = results
  if (first === undefined || n === 1) return first ?? x
  const data = new Float32Array(n * first.data.length)
  results.forEach((result, i) => data.set(result.data, i * first.data.length))
  return { data, dims: [n, ...first.dims.slice(1)] }
}

const encoderGraph = (part: VaePart, target: Target): Graph => graphOf(part, target, 3, vaeEncode)

const decoderGraph = (part: VaePart, target: Target): Graph =>
  graphOf(part, target, part.weights.get('post_quant_conv.weight')?.shape[1] ?? 4, vaeDecode)

function graphOf(
  part: VaePart,
  target: Target,
  channels: number,
  forward: (m: Scope, x: Value, options: VaeOptions) => Value
): Graph {
  const graph = createGraph(target)
  const { m, check } = openNetwork(graph, part.weights, 'VAE')
  graph.output('out', forward(m, graph.input('x', 'f32', ['n', channels, 'h', 'w']), part))
  check()
  return graph
}

interface Call {
  readonly pixels: number
  readonly tokens: number
  readonly channels: number
  readonly plain: boolean
}

/** Tensors of full size and width that onnxruntime's arena takes; measured on SD's: 3.8 at 512², 5.8 at 768². */
const LIVE = 7

const activationBytes = ({ pixels, tokens, channels, plain }: Call): number =>
  4 * (LIVE * channels * pixels + (plain ? 2 * tokens ** 2 : 0))
