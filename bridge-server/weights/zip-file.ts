import { readSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { inflateRawSync } from 'node:zlib'
import { readExactly } from './safetensors.ts'
import { unreadable } from './tensor-table.ts'

/** A file inside a zip. */
export interface ZipMember {
  readonly name: string
  /** Stored members lie in the zip as they are; deflated ones do not. */
  readonly stored: boolean
  /** First byte of the member's data in the zip, and how many bytes it has there and unpacked. */
  readonly offset: number
  readonly packed: number
  readonly size: number
}

const endSize = 22
const longestComment = 65_535
const longestDirectory = 64 * 2 ** 20

/**
 * The members of a zip by name, from its central directory; zip64 too. Null: not a zip.
 * Throws AppError 'model-unreadable'. Format: PKWARE APPNOTE 6.3.
 */
export async function readZipDirectory(
  file: string,
  handle: FileHandle,
  size: number
): Promise<ReadonlyMap<string, ZipMember> | null> {
  const start = await readExactly(handle, 0, 4)
  if (start.length < 4 || start.readUInt32LE() !== 0x04034b50) return null
  const { offset, length } = await findDirectory(file, handle, size)
  if (length > longestDirectory || offset + length > size)
    throw unreadable(file, `its zip directory of ${length} bytes at ${offset} is not in its ${size} bytes`)
  const members = new Map<string, ZipMember>()
  for (const member of entries(file, await readExactly(handle, offset, length))) {
    const data = dataOffset(file, handle, member)
    if (data + member.packed > size)
      throw unreadable(
        file,
        `its member ${member.name} ends at ${data + member.packed}, behind its ${size} bytes`
      )
    if (members.has(member.name)) throw unreadable(file, `it has two members ${member.name}`)
    members.set(member.name, { ...member, offset: data })
  }
  return members
}

/** A member's bytes, of which there may be at most `limit`. */
export async function readMember(
  file: string,
  handle: FileHandle,
  { member, limit }: { member: ZipMember; limit: number }
): Promise<Buffer> {
  if (member.size > limit)
    throw unreadable(file, `its member ${member.name} has ${member.size} bytes, more than ${limit}`)
  const packed = await readExactly(handle, member.offset, member.packed)
  if (member.stored) return packed
  try {
    const bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, member.size) })
    if (bytes.length === member.size) return bytes
  } catch (cause) {
    throw unreadable(file, `its member ${member.name} does not unpack to ${member.size} bytes`, cause)
  }
  throw unreadable(file, `its member ${member.name} does not unpack to ${member.size} bytes`)
}

async function findDirectory(
  file: string,
  handle: FileHandle,
  size: number
): Promise<{ offset: number; length: number }> {
  const tailStart = Math.max(0, size - endSize - longestComment)
  const tail = await readExactly(handle, tailStart, size - tailStart)
  const at = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
  if (at < 0 || at + endSize > tail.length)
    throw unreadable(file, `it begins as a zip and has no end record in its ${size} bytes; it is truncated`)
  const length = tail.readUInt32LE(at + 12)
  const offset = tail.readUInt32LE(at + 16)
  const locator = at - 20
  const isLong = locator >= 0 && tail.readUInt32LE(locator) === 0x07064b50
  if (!isLong) return { offset, length }
  const recordAt = Number(tail.readBigUInt64LE(locator + 8))
  const record = await readExactly(handle, Math.min(recordAt, size), 56)
  if (record.length < 56 || record.readUInt32LE() !== 0x06064b50)
    throw unreadable(file, 'its zip64 end record is not where the zip says')
  return { offset: Number(record.readBigUInt64LE(48)), length: Number(record.readBigUInt64LE(40)) }
}

/** The central directory's entries; `offset` is still that of the local header. */
function* entries(file: string, directory: Buffer): Generator<ZipMember> {
  let at = 0
  while (at < directory.length) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50)
      throw unreadable(file, `its zip directory is broken at byte ${at}`)
    const flags = directory.readUInt16LE(at + 8)
    const method = directory.readUInt16LE(at + 10)
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28)
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30)
    const name = directory.toString('utf8', at + 46, nameEnd)
    if ((flags & 1) !== 0) throw unreadable(file, `its member ${name} is encrypted`)
    if (method !== 0 && method !== 8)
      throw unreadable(file, `its member ${name} is packed by method ${method}`)
    const short = {
      size: directory.readUInt32LE(at + 24),
      packed: directory.readUInt32LE(at + 20),
      offset: directory.readUInt32LE(at + 42)
    }
    const sizes = longSizes(directory.subarray(nameEnd, extraEnd), short)
    if (method === 0 && sizes.size !== sizes.packed)
      throw unreadable(file, `its stored member ${name} has ${sizes.packed} bytes and says ${sizes.size}`)
    yield { name, stored: method === 0, ...sizes }
    at = extraEnd + directory.readUInt16LE(at + 32)
  }
}

type Sizes = Pick<ZipMember, 'size' | 'packed' | 'offset'>

/** Numbers that need more than 32 bits are in the extra field 1, in this order, only those that need it. */
function longSizes(extra: Buffer, short: Sizes): Sizes {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    let next = at + 4
    const long = (value: number): number => {
      if (value !== 0xffffffff || next + 8 > extra.length) return value
      next += 8
      return Number(extra.readBigUInt64LE(next - 8))
    }
    return { size: long(short.size), packed: long(short.packed), offset: long(short.offset) }
  }
  return short
}

/** Where the data begin: only the local header has the length of its own extra field, by which torch aligns. */
function dataOffset(file: string, handle: FileHandle, { name, offset }: ZipMember): number {
  const localHeader = Buffer.alloc(30)
  // Thousands of tiny reads: going through the thread pool for each would take longer than all of them.
  const read = Number.isSafeInteger(offset) ? readSync(handle.fd, localHeader, 0, 30, offset) : 0
  if (read < 30 || localHeader.readUInt32LE() !== 0x04034b50)
    throw unreadable(
      file,
      `its member ${name} is not at byte ${offset}, where the zip has it; it is truncated`
    )
  return offset + 30 + localHeader.readUInt16LE(26) + localHeader.readUInt16LE(28)
}
