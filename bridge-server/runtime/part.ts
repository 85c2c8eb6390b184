import { assert } from '../errors.ts'
import type { Graph, Target } from '../graph/graph.ts'
import { elementCount } from '../graph/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Device } from './device.ts'
import type { Holder, MemoryBudget } from './memory.ts'
import type { Mode } from './session-options.ts'
import { openSession, type Feed, type Session } from './session.ts'

/** What every part of every model shares. */
export interface Runtime {
  readonly device: Device
  readonly budget: MemoryBudget
  /** Undefined: chosen for each part by its size and the memory there is. */
  readonly mode: Mode | undefined
}

/** One network of a model. Its session is opened at the first run, and again after the budget took it away. */
export interface Part {
  /** Bytes that its session will hold, without the activations of a run. */
  weightBytes(): number
  /** Whether a run that needs `activationBytes` fits in all the memory there is. */
  fits(activationBytes: number): boolean
  /** Runs the network and returns its output of that name. The caller has seen that it fits. */
  run(feeds: Readonly<Record<string, Feed>>, activationBytes: number): Promise<ReadonlyMap<string, Tensor>>
  release(): Promise<void>
}

interface Opened {
  readonly session: Session
  readonly bytes: number
}

export function createPart(
  build: (target: Target) => Graph,
  { device, budget, mode: wished }: Runtime
): Part {
  let graph: Graph | null = null
  let opened: Promise<Opened> | null = null
  let held = 0
  let running = 0

  const built = (): Graph => (graph ??= build({ attention: device.attention }))

  const plan = (): { mode: Mode; bytes: number } => {
    const floats = floatBytes(built())
    const mode = wished ?? chooseMode(floats, budget.total)
    return { mode, bytes: heldBytes(mode, floats) }
  }

  const open = async (): Promise<Opened> => {
    const { mode, bytes } = plan()
    held = bytes
    return { session: await openSession(built(), { provider: device.provider, mode }), bytes }
  }

  const holder: Holder = {
    get held() {
      return held
    },
    get busy() {
      return running > 0
    },
    async release() {
      const closing = opened
      opened = null
      held = 0
      if (closing !== null) await (await closing).session.release()
    }
  }

  return {
    weightBytes: () => plan().bytes,
    fits: (activationBytes) => plan().bytes + activationBytes <= budget.total,
    async run(feeds, activationBytes) {
      running++
      try {
        await budget.makeRoom(holder, plan().bytes + activationBytes)
        opened ??= open()
        const { session } = await opened.catch((error: unknown) => {
          opened = null
          held = 0
          throw error
        })
        return await session.run(feeds)
      } finally {
        running--
      }
    },
    release: () => holder.release()
  }
}

/** The output of that name; every graph of ours has it. */
export function output(outputs: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const found = outputs.get(name)
  assert(found !== undefined, `the graph has no output ${name}`)
  return found
}

/** Bytes of the weights as float32. */
const floatBytes = (graph: Graph): number =>
  graph.externals.reduce((sum, { weight }) => sum + 4 * elementCount(weight.shape), 0)

/** Up to here the slowest preparation takes well under a second. */
const SMALL = 2 ** 28

/**
 * By size and memory alone, never by how often a model was used: modes differ in the last bits, and the same request must give
 * the same pixels again.
 */
export function chooseMode(floatBytes: number, memoryBytes: number): Mode {
  if (floatBytes <= SMALL && 4 * floatBytes <= memoryBytes) return 'turbo'
  return 2 * floatBytes <= memoryBytes ? 'medium' : 'instant'
}

/** Measured on SD 1.5: beside the float32 copy, packing takes a third; cast at every run, only the largest few are held. */
function heldBytes(mode: Mode, floatBytes: number): number {
  if (mode === 'turbo') return 1.35 * floatBytes
  return mode === 'medium' ? 1.2 * floatBytes : 0.15 * floatBytes
}
