import { assert } from '../errors.ts'
import { createGraph, type Graph } from '../graph/graph.ts'
import { openNetwork } from '../graph/scope.ts'
import { elementCount } from '../graph/shape.ts'
import { layerWeight } from '../nn/adapted.ts'
import { unetBlocks } from '../nn/unet-block-numbers.ts'
import type { UnetPart } from '../weights/checkpoint.ts'
import { adaptationsOf, changedWeights, scaleFeeds, type LoraLayers } from './adaptations.ts'
import { cpu } from './device.ts'
import type { Holder } from './memory.ts'
import { output, type HeldTensors, type Runtime } from './part.ts'
import { openSession } from './session.ts'
import { createTurn } from './turn.ts'

/** A number for each of `unetBlocks`, for each LoRA. */
type Scales = readonly (readonly number[])[]

/** Weights of a UNet with what LoRAs change in them. */
export interface MergedWeights {
  /** Which ones; the UNet's graph wants them held. */
  readonly names: ReadonlySet<string>
  /** Calls `work` with the weights for these scales. They are made when those of the latest call were others. */
  use<T>(scales: Scales, work: (weights: HeldTensors) => Promise<T>): Promise<T>
}

/**
 * What cannot be added beside a layer (LoHa, LoKr, DoRA, OFT, …) changes its weight. That is done once for all calls of the UNet,
 * and for the changed layers alone: some seconds of work for a whole SD 1.5, done anew when a scale changes, while the session stays.
 * On other devices than the CPU the UNet's graph changes them at each call, for there fed weights would be sent at each call.
 */
export function createMergedWeights(
  part: UnetPart,
  loras: readonly LoraLayers[],
  { owner, device, budget, open = openSession }: Runtime,
  /** Bytes that the UNet takes over mapped weights when it changes all of them itself. */
  mappedBytes: () => number
): MergedWeights {
  const names =
    device.provider === 'cpu'
      ? fitting(part, changedWeights(part.weights, loras), () => budget.total - mappedBytes())
      : []
  const bytes = sumOfBytes(part, names)
  let made: { readonly key: string; readonly weights: HeldTensors } | null = null
  let using = 0
  const inTurn = createTurn()

  const holder: Holder = {
    owner,
    get held() {
      return made === null ? 0 : bytes
    },
    get busy() {
      return using > 0
    },
    get open() {
      const where = { device: cpu.provider, precision: 'fp32', reason: null } as const
      return made === null ? null : { network: 'UNet’s weights with LoRAs', ...where }
    },
    release: () => {
      made = null
      return Promise.resolve()
    }
  }

  const make = async (scales: Scales): Promise<HeldTensors> => {
    const weights = new Map<string, Float32Array>()
    for (const group of groupsOf(part, names)) {
      const session = await open(mergingGraph(part, loras, group), { provider: 'cpu', mode: 'instant' })
      try {
        const outputs = await session.run(scaleFeeds(scales))
        for (const name of group) weights.set(name, output(outputs, pathOf(name)).data)
      } finally {
        await session.release()
      }
    }
    return weights
  }

  const weightsFor = async (scales: Scales): Promise<HeldTensors> => {
    const key = JSON.stringify(scales)
    await budget.makeRoom(holder, bytes + WORKING)
    if (made?.key !== key) {
      // The memory of those before is free for these.
      made = null
      made = { key, weights: await make(scales) }
    }
    return made.weights
  }

  return {
    names: new Set(names),
    use(scales, work) {
      if (names.length === 0) return work(new Map())
      assert(scales.length === loras.length, `${scales.length} lists of scales for ${loras.length} LoRAs`)
      using++
      return inTurn(async () => work(await weightsFor(scales))).finally(() => using--)
    }
  }
}

/** The first of them that take no more than half of what a UNet over mapped weights leaves; the rest changes at each call. */
function fitting(part: UnetPart, names: readonly string[], left: () => number): readonly string[] {
  const most = names.length === 0 ? 0 : left() / 2
  let bytes = 0
  return names.filter((name) => {
    bytes += bytesOf(part, name)
    return bytes <= most
  })
}

/** Of results, so that what the work itself takes is bounded. */
const GROUP = 2 ** 27
/** Each changed weight passes through a few tensors of its size, and the results are copied once. */
const WORKING = 4 * GROUP

function groupsOf(part: UnetPart, names: readonly string[]): readonly (readonly string[])[] {
  const groups: string[][] = []
  let bytes = Infinity
  for (const name of names) {
    if (bytes + bytesOf(part, name) > GROUP) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)?.push(name)
    bytes += bytesOf(part, name)
  }
  return groups
}

/** Outputs are called as the layers. */
function mergingGraph(part: UnetPart, loras: readonly LoraLayers[], names: readonly string[]): Graph {
  const graph = createGraph(cpu.target)
  const { adaptations } = adaptationsOf(graph, loras, { blocks: unetBlocks })
  const { m } = openNetwork(graph, part.weights, 'UNet', { adaptations })
  for (const path of names.map(pathOf)) graph.output(path, layerWeight(m.at(path), { rows: undefined }))
  return graph
}

const pathOf = (name: string): string => name.slice(0, -'.weight'.length)

const bytesOf = ({ weights }: UnetPart, name: string): number =>
  Float32Array.BYTES_PER_ELEMENT * elementCount(weights.get(name)?.shape ?? [0])

const sumOfBytes = (part: UnetPart, names: readonly string[]): number =>
  names.reduce((sum, name) => sum + bytesOf(part, name), 0)
