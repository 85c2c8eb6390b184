import { AppError, assert } from '../errors.ts'
import type { BuiltGraph, Edges, Graph, Target } from '../graph/graph.ts'
import type { Precision } from '../protocol/compute.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cpu, type Device } from './device.ts'
import { inHalf, type HalfPolicy } from './half-precision.ts'
import { holderOf, tooMuch, type MemoryBudget } from './memory.ts'
import type { Mode } from './session-options.ts'
import { leanestPlan, planFor, weightBytes, type Plan, type WeightBytes } from './session-plan.ts'
import { openSession, type Feed, type Session } from './session.ts'
import { createTurn } from './turn.ts'

/** What the parts of a model share, with each other and with other models' parts. */
export interface Runtime {
  /** The model that the parts belong to. */
  readonly owner: string
  readonly device: Device
  readonly budget: MemoryBudget
  /** Undefined: chosen for each part by its size and the memory there is. */
  readonly mode: Mode | undefined
  /** What convolutions see beyond a picture's edges; left out, zeros. */
  readonly edges?: Edges
  /** How sessions are opened; left out, with onnxruntime. */
  readonly open?: typeof openSession
}

/** A network as messages and the status page know it. */
export interface NetworkKind {
  readonly name: string
  /** What stays float32 where it computes in half precision; null: all of it does. */
  readonly half: HalfPolicy | null
}

/** Numbers by the names of the tensors. */
export type HeldTensors = ReadonlyMap<string, Float32Array>

/** One network of a model. Its session is opened at the first run, and again after the budget took it away. */
export interface Part {
  /** Bytes that its session holds at least, with what is held for it and without the activations of a run. */
  weightBytes(): number
  /** Whether a run that needs `activationBytes` fits into what may be used while others use the rest. */
  fits(activationBytes: number): boolean
  /** Whether it may be tried at all. */
  isAllowed(activationBytes: number): boolean
  /**
   * Runs are done one after the other. `held` has the tensors that the graph wants held in memory; they are their owner's, in the
   * budget too. Throws AppError 'out-of-memory' where a run is not allowed.
   */
  run(
    feeds: Readonly<Record<string, Feed>>,
    activationBytes: number,
    held?: HeldTensors
  ): Promise<ReadonlyMap<string, Tensor>>
}

/** Where a network computes; it leaves half precision, and a device, when they fail it. */
interface Place {
  readonly device: Device
  readonly half: boolean
  /** Why it is not where the others are. */
  readonly reason: string | null
}

export function createPart(
  build: (target: Target) => Graph,
  { name, half }: NetworkKind,
  { owner, device, budget, mode: wished, edges = 'zeros', open: openWith = openSession }: Runtime
): Part {
  let place: Place = { device, half: device.half && half !== null, reason: null }
  let graph: Built | null = null
  let open: Open | null = null
  let waiting = 0
  const inTurn = createTurn()

  const built = (): Built => {
    if (graph !== null) return graph
    const made = graphAt(place, (target) => build({ ...target, edges }), half)
    graph = { made, bytes: weightBytes(made) }
    return graph
  }
  const estimates = createEstimates(() => ({ weights: built().bytes, half: place.half }), { budget, wished })

  const close = async (): Promise<void> => {
    const closing = open
    open = null
    await closing?.session.release()
  }

  const move = async (to: Place): Promise<void> => {
    await close()
    place = to
    graph = null
  }

  const holder = holderOf(owner, {
    held: () => open?.held ?? 0,
    isBusy: () => waiting > 0,
    open: () => (open === null ? null : { network: name, ...whereabouts(place) }),
    release: () => inTurn(close)
  })

  const attempt: Part['run'] = async (feeds, activationBytes, tensors) => {
    const { mode, bytes } = estimates.plan(activationBytes)
    const need = bytes + activationBytes
    if (open !== null && open.mode !== mode) await close()
    // onnxruntime's arena keeps the largest activations it ever had.
    if (!(await budget.makeRoom(holder, Math.max(need, holder.held))) && holder.held > need) await close()
    open ??= {
      mode,
      held: 0,
      session: await openWith(built().made, { provider: place.device.provider, mode })
    }
    open.held = Math.max(open.held, need)
    return open.session.run({ ...feeds, ...heldFeeds(built().made, tensors) })
  }

  const run: Part['run'] = async (feeds, activationBytes, tensors) => {
    try {
      const outputs = await attempt(feeds, activationBytes, tensors)
      if (!place.half || isFinite(outputs)) return outputs
      await move({ ...place, half: false, reason: 'its numbers grow too large for half precision' })
    } catch (error) {
      if (place.device.provider === 'cpu' || !isOutOfMemory(error)) throw error
      await close()
      // A device's memory is not counted: all that others hold of it goes before this network does.
      if (!(await budget.releaseOthers(holder)))
        await move({
          device: cpu,
          half: false,
          reason: `${place.device.provider} has too little memory for it`
        })
    }
    return run(feeds, activationBytes, tensors)
  }

  return {
    weightBytes: estimates.least,
    fits: estimates.fits,
    isAllowed: estimates.isAllowed,
    async run(feeds, activationBytes, tensors) {
      if (!estimates.isAllowed(activationBytes))
        throw tooMuch(name, estimates.least() + activationBytes, budget.total)
      waiting++
      try {
        return await inTurn(() => run(feeds, activationBytes, tensors))
      } finally {
        waiting--
      }
    }
  }
}

interface Terms {
  readonly budget: MemoryBudget
  readonly wished: Mode | undefined
}

/** What runs of a network need, by what it is made of now. */
function createEstimates(
  now: () => { readonly weights: WeightBytes; readonly half: boolean },
  { budget, wished }: Terms
) {
  const plan = (activationBytes: number): Plan => {
    const { weights, half } = now()
    return planFor(weights, activationBytes, { half, wished, room: budget.room })
  }
  const least = (): number => {
    const { weights, half } = now()
    return weights.held + (half ? plan(0).bytes : leanestPlan(weights, wished).bytes)
  }
  return {
    plan,
    least,
    fits: (activationBytes: number): boolean =>
      plan(activationBytes).bytes + now().weights.held + activationBytes <= budget.room,
    isAllowed: (activationBytes: number): boolean => least() + activationBytes <= budget.total
  }
}

interface Built {
  readonly made: BuiltGraph
  readonly bytes: WeightBytes
}

interface Open {
  readonly session: Session
  readonly mode: Mode
  held: number
}

interface Whereabouts {
  readonly device: string
  readonly precision: Precision
  readonly reason: string | null
}

const whereabouts = ({ device, half, reason }: Place): Whereabouts => ({
  device: device.provider,
  precision: half ? 'fp16' : 'fp32',
  reason
})

function graphAt(
  { device, half }: Place,
  build: (target: Target) => Graph,
  policy: HalfPolicy | null
): BuiltGraph {
  const full = build(device.target)
  return half && policy !== null ? inHalf(full, policy) : full
}

const isOutOfMemory = (error: unknown): boolean => error instanceof AppError && error.code === 'out-of-memory'

const isFinite = (outputs: ReadonlyMap<string, Tensor>): boolean =>
  [...outputs.values()].every(({ data }) => data.every(Number.isFinite))

/** The output of that name; every graph of ours has it. */
export function output(outputs: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const found = outputs.get(name)
  assert(found !== undefined, `the graph has no output ${name}`)
  return found
}

function heldFeeds({ held }: BuiltGraph, tensors: HeldTensors = new Map()): Readonly<Record<string, Tensor>> {
  return Object.fromEntries(
    held.map(({ name, of, span, dims }) => {
      const whole = tensors.get(of)
      assert(whole !== undefined, `nobody holds ${of}`)
      return [name, { data: whole.subarray(...span), dims }]
    })
  )
}
