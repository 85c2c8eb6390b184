import { assert } from '../errors.ts'
import type { Graph, Target } from '../graph/graph.ts'
import { elementCount } from '../graph/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Device } from './device.ts'
import type { Holder, MemoryBudget } from './memory.ts'
import type { Mode } from './session-options.ts'
import { openSession, type Feed, type Session } from './session.ts'

/** What the parts of a model share, with each other and with other models' parts. */
export interface Runtime {
  /** The model that the parts belong to. */
  readonly owner: string
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
  /** Runs are done one after the other. Those who call have seen that theirs fits. */
  run(feeds: Readonly<Record<string, Feed>>, activationBytes: number): Promise<ReadonlyMap<string, Tensor>>
}

export function createPart(
  build: (target: Target) => Graph,
  { owner, device, budget, mode: wished }: Runtime
): Part {
  let graph: Graph | null = null
  let session: Session | null = null
  let held = 0
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }

  const built = (): Graph => (graph ??= build(device.target))

  const plan = (): { mode: Mode; bytes: number } => {
    const floats = floatBytes(built())
    const mode = wished ?? chooseMode(floats, budget.total)
    return { mode, bytes: heldBytes(mode, floats) }
  }

  const open = (): Promise<Session> => openSession(built(), { provider: device.provider, mode: plan().mode })

  const close = async (): Promise<void> => {
    const closing = session
    session = null
    held = 0
    await closing?.release()
  }

  const holder: Holder = {
    owner,
    get held() {
      return held
    },
    get busy() {
      return waiting > 0
    },
    release: () => inTurn(close)
  }

  return {
    weightBytes: () => plan().bytes,
    fits: (activationBytes) => plan().bytes + activationBytes <= budget.total,
    async run(feeds, activationBytes) {
      waiting++
      try {
        return await inTurn(async () => {
          await budget.makeRoom(holder, plan().bytes + activationBytes)
          session ??= await open()
          // onnxruntime's arena keeps the largest activations it ever had.
          held = Math.max(held, plan().bytes + activationBytes)
          return session.run(feeds)
        })
      } finally {
        waiting--
      }
    }
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
const SMALL = 2 ** 29

/**
 * By size and memory alone, never by how often a model was used: modes differ in the last bits, and the same request must give
 * the same pixels again.
 */
export function chooseMode(floatBytes: number, memoryBytes: number): Mode {
  if (floatBytes <= SMALL && 4 * floatBytes <= memoryBytes) return 'turbo'
  return 2 * floatBytes <= memoryBytes ? 'medium' : 'instant'
}

/** Measured on SD 1.5: packing keeps a third more than the float32 copy; casts at every run hold the largest few weights. */
function heldBytes(mode: Mode, floatBytes: number): number {
  if (mode === 'turbo') return 1.35 * floatBytes
  return mode === 'medium' ? 1.15 * floatBytes : 0.35 * floatBytes
}
