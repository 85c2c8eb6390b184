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

interface Holding {
  readonly held: () => number
  readonly isBusy: () => boolean
  readonly open: () => NonNullable<Holder['open']> | null
  readonly release: () => Promise<void>
}

/** A holder that is asked each time. */
export const holderOf = (owner: string, { held, isBusy, open, release }: Holding): Holder => ({
  owner,
  get held() {
    return held()
  },
  get busy() {
    return isBusy()
  },
  get open() {
    return open()
  },
  release
})

export interface MemoryBudget {
  /** What may be used at all. */
  readonly total: number
  /** What of it is there while other programs use theirs, as of the last look. */
  readonly room: number
  /** Looks how much memory is free. Once before a job, so that all of it is done alike. */
  look(): void
  /** What is open now, used longest ago first. */
  list(): readonly OpenNetwork[]
  /** Frees all idle holders but `holder`; whether that gave anything back. */
  releaseOthers(holder: Holder): Promise<boolean>
  /**
   * Frees idle holders, longest unused first, until `bytes` (all that `holder` will need, what it holds included) fit into the
   * room beside the rest, and marks `holder` as used last. Returns false where they do not fit even so.
   */
  makeRoom(holder: Holder, bytes: number): Promise<boolean>
  /** Frees what one model holds with its variants, or one variant, or everything. */
  release(owner?: string): Promise<void>
}

/** Of what is free so much is left: to files that networks are mapped from, and to what other programs want next. */
const LEFT_FREE = 0.1

/** `freeBytes` tells how much memory nobody uses; null where that cannot be told, and then all of `total` is taken to be there. */
export function createMemoryBudget(total: number, freeBytes: () => number | null = () => null): MemoryBudget {
  const holders = new Set<Holder>()
  let room = total

  return {
    total,
    get room() {
      return room
    },
    look() {
      const free = freeBytes()
      const held = [...holders].reduce((sum, holder) => sum + holder.held, 0)
      room = free === null ? total : Math.min(total, held + (1 - LEFT_FREE) * free)
    },
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
        if (heldBeside(holder) + bytes <= room) return true
        if (!other.busy) await other.release()
      }
      return heldBeside(holder) + bytes <= room
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
  return tooMuch(
    `${what} at ${size.width}×${size.height}`,
    need(size),
    total,
    smaller === null ? undefined : `Up to ${smaller.width}×${smaller.height} would fit`
  )
}

/** The same for what has no size to choose. */
export function tooMuch(what: string, need: number, total: number, instead?: string): AppError {
  return new AppError('out-of-memory', {
    message: `${what} needs about ${amount(need)}; Marquee may use ${amount(total)}.`,
    hint:
      instead === undefined
        ? 'Give Marquee more memory (--memory), or choose a smaller model.'
        : `${instead}; or give Marquee more memory (--memory).`
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

const amount = (bytes: number): string =>
  bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MB` : `${(bytes / 2 ** 30).toFixed(2)} GB`
