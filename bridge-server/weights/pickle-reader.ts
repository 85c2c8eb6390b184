import { AppError } from '../errors.ts'
import { shownName, unreadable } from './tensor-table.ts'

/** Says that the bytes at hand end before the pickle does; whoever has more may try again. */
export class PickleEnds extends Error {}

/** Reads the arguments of opcodes, each within the bytes. */
export interface PickleReader {
  readonly file: string
  position(): number
  take(length: number): Buffer
  byte(): number
  uint16(): number
  int32(): number
  uint32(): number
  /** Throws when it is above what a file can hold. */
  uint64(): number
  double(): number
  text(length: number): string
  /** Two's complement, little-endian. */
  integer(length: number): number | bigint
  line(): string
}

export function createPickleReader(file: string, bytes: Buffer, start: number): PickleReader {
  let at = start
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new PickleEnds()
    at += length
    return bytes.subarray(at - length, at)
  }
  return {
    file,
    position: () => at,
    take,
    byte: () => take(1).readUInt8(),
    uint16: () => take(2).readUInt16LE(),
    int32: () => take(4).readInt32LE(),
    uint32: () => take(4).readUInt32LE(),
    uint64: () => Number(take(8).readBigUInt64LE()),
    double: () => take(8).readDoubleBE(),
    text: (length) => take(length).toString('utf8'),
    integer: (length) => wholeNumber(take(length)),
    line: () => {
      const end = bytes.indexOf(10, at)
      if (end < 0) throw new PickleEnds()
      if (end - at > longestLine)
        throw unreadable(file, `its pickle has a line of ${end - at} bytes at byte ${at}`)
      return take(end + 1 - at)
        .toString('utf8')
        .slice(0, -1)
    }
  }
}

/** Names of modules and classes are all that is written in lines. */
const longestLine = 1024

function wholeNumber(bytes: Buffer): number | bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!)
  const signed = BigInt.asIntN(8 * bytes.length, value)
  const number = Number(signed)
  return Number.isSafeInteger(number) ? number : signed
}

/** A pickle that wants more than to build tensors and containers. */
export const forbidden = (file: string, what: string): AppError =>
  new AppError('model-unsupported', {
    message: `${shownName(file)} was not opened: it asks for ${what}, which files of weights have no need of.`,
    hint: 'The file may be made to run a program on your computer. Get the model as .safetensors, from a source you trust.'
  })
