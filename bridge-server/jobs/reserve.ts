import { randomBytes } from 'node:crypto'
import { appendFileSync, rmSync, statSync } from 'node:fs'
import { AppError } from '../errors.ts'

/** Enough for the ends of some dozens of jobs. */
const reserveBytes = 256 * 1024
const pieceBytes = 4096

/** Room that is kept back on the disk, so that what must be kept can be when there is no other left. */
export interface Reserve {
  /** Does the work; where the disk is full for it, once more in the room that was kept back. */
  spend<Result>(work: () => Result): Result
}

export function createReserve(file: string): Reserve {
  /** As much as there is room for: what is given up for one end and not needed serves the next. */
  const fill = (): void => {
    try {
      for (let size = sizeOf(file); size < reserveBytes; size += pieceBytes)
        // Zeros might take no room.
        appendFileSync(file, randomBytes(pieceBytes))
    } catch {
      // The rest is for a time when there is room.
    }
  }
  fill()
  return {
    spend: (work) => {
      try {
        return work()
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'disk-full') throw error
        rmSync(file, { force: true })
        return work()
      } finally {
        fill()
      }
    }
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0
