import { AppError } from '../errors.ts'
import type { OpenNetwork } from '../protocol/compute.ts'

/** Something that holds memory between uses and can do without. */
export interface Holder {
  /** The model that it belongs to, and behind a line break which of the model's variants. */
  readonly owner: string
  /** Bytes it holds now. */
  readonly held: number
  /** In use: it must not be freed. */
  readonly busy: boolean
  /** What it has open, for the status page; absent or null: nothing to tell. */
  readonly open?: OpenKind | null
  release(): Promise<void>
}

type OpenKind = Omit<OpenNetwork, 'owner' | 'bytes'>

export interface MemoryBudget {
  readonly total: number
  /** What is open now, used longest ago first. */
  list(): readonly OpenNetwork[]
  /** Frees all idle holders but `holder`; whether that gave anything back. */
  releaseOthers(holder: Holder): Promise<boolean>
  /**
   * Frees idle holders, longest unused first, until `bytes` (all that `holder` will need, what it holds included) fit beside
   * the rest, and marks `holder` as used last. Returns false where they do not fit even so.
   */
  makeRoom(holder: Holder, bytes: number): Promise<boolean>
  /** Frees what one model holds with its variants, or one variant, or everything. */
  release(owner?: string): Promise<void>
}

export function createMemoryBudget(total: number): MemoryBudget {
  const holders = new Set<Holder>()

  return {
    total,
    list: () =>
      [...holders].flatMap(({ owner, held, open }) =>
        open == null ? [] : [{ owner: owner.split('\n')[0] ?? owner, bytes: Math.round(held), ...open }]
      ),
    async releaseOthers(holder) {
      const others = [...holders].filter((other) => other !== holder && !other.busy && other.held > 0)
      for (const other of others) await other.release()
      return others.length > 0
    },
    async makeRoom(holder, bytes) {
      holders.delete(holder)
      holders.add(holder)
      for (const other of holders) {
        if (other === holder) break
        if (heldBeside(holder) + bytes <= total) return true
        if (!other.busy) await other.release()
      }
      return heldBeside(holder) + bytes <= total
    },
    async release(owner) {
      for (const holder of holders) {
        if (owner !== undefined && holder.owner !== owner && !holder.owner.startsWith(`${owner}\n`)) continue
        holders.delete(holder)
        await holder.release()
      }
    }
  }

  function heldBeside(holder: Holder): number {
    let sum = 0
    for (const other of holders) if (other !== holder) sum += other.held
    return sum
  }
}

/** Width and height of a picture in pixels. */
interface Size {
  readonly width: number
  readonly height: number
}

/** What to say when a picture asks for more than there is: with the numbers, and the largest size of its form that fits. */
export function tooLarge(what: string, size: Size, total: number, need: (size: Size) => number): AppError {
  const smaller = largestThatFits(size, (candidate) => need(candidate) <= total)
  return new AppError('out-of-memory', {
    message: `${what} at ${size.width}×${size.height} needs about ${gigabytes(need(size))}; Marquee may use ${gigabytes(total)}.`,
    hint:
      smaller === null
        ? 'Give Marquee more memory (--memory), or choose a smaller model.'
        : `Up to ${smaller.width}×${smaller.height} would fit; or give Marquee more memory (--memory).`
  })
}

const MULTIPLE = 64

function largestThatFits(size: Size, fits: (size: Size) => boolean): Size | null {
  const longer = Math.max(size.width, size.height)
  for (let side = longer - MULTIPLE; side >= MULTIPLE; side -= MULTIPLE) {
    const scaled = (length: number): number => Math.max(8, Math.floor((length * side) / longer / 8) * 8)
    const candidate = { width: scaled(size.width), height: scaled(size.height) }
    if (fits(candidate)) return candidate
  }
  return null
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`
