import { createHash } from 'node:crypto'
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'
import { readExactly, readSafetensors } from './safetensors.ts'
import { shownName, unreadable, type TensorTable } from './tensor-table.ts'
import { byteLength, isContiguous, type StoragePlace, type TorchLayout } from './torch-layout.ts'
import type { TorchTensor } from './torch-objects.ts'
import { writeSafetensors, type TensorToWrite } from './write-safetensors.ts'
import { readMember } from './zip-file.ts'

const largestStorage = 2 ** 31 - 1
/** Weights hardly shrink when deflated; what unpacks to more than this many times the file was made to fill the disk. */
const largestRatio = 16

interface Conversion {
  readonly file: string
  readonly handle: FileHandle
  readonly layout: TorchLayout
  readonly cacheFolder: string
}

/** The tensors of a PyTorch file from a safetensors copy in the cache folder, which is written at the first time. */
export async function convertTorchFile(conversion: Conversion): Promise<TensorTable> {
  const { file, cacheFolder, handle, layout } = conversion
  const { size, mtimeMs } = await handle.stat()
  const unpacked = [...layout.tensors.values()].reduce((sum, tensor) => sum + byteLength(tensor), 0)
  if (unpacked > largestRatio * size)
    throw unreadable(file, `it has ${size} bytes and would unpack to ${unpacked}`)
  const key = createHash('sha256').update(`${file}\n${size}\n${mtimeMs}`).digest('hex').slice(0, 32)
  const target = path.join(cacheFolder, `${key}.safetensors`)
  if ((await stat(target).catch(() => null)) === null) await write(target, conversion)
  const { unusable } = split(layout)
  return { ...(await readSafetensors(target)), file, unusable, metadata: layout.metadata, bytes: size }
}

/** Under another name first, so that a copy that was cut short is never taken for a whole one. */
async function write(target: string, { file, handle, layout, cacheFolder }: Conversion): Promise<void> {
  await mkdir(cacheFolder, { recursive: true })
  const partial = `${target}.${process.pid}.partial`
  const storages = storageReader(file, handle, layout)
  const out = await open(partial, 'w')
  try {
    await writeSafetensors(out, split(layout).usable(storages))
    await out.sync()
  } catch (cause) {
    await rm(partial, { force: true })
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC')
      throw new AppError('disk-full', {
        message: `There is no room to convert ${shownName(file)}.`,
        hint: 'Free some disk space, or use the model as .safetensors.',
        cause
      })
    throw cause
  } finally {
    await out.close()
  }
  await rename(partial, target)
}

function split({ tensors }: TorchLayout): {
  readonly unusable: ReadonlyMap<string, string>
  readonly usable: (read: (key: string) => Promise<Buffer>) => TensorToWrite[]
} {
  const unusable = new Map<string, string>()
  for (const [name, { type }] of tensors) if (type.dtype === null) unusable.set(name, type.name)
  return {
    unusable,
    usable: (read) =>
      [...tensors].flatMap(([name, tensor]): TensorToWrite[] => {
        const { dtype } = tensor.type
        if (dtype === null) return []
        return [
          {
            name,
            dtype,
            shape: tensor.shape,
            length: byteLength(tensor),
            read: async () => rowMajor(tensor, await read(tensor.storage.key))
          }
        ]
      })
  }
}

/** Keeps the last storage, for several tensors may be views of one. */
function storageReader(
  file: string,
  handle: FileHandle,
  { places }: TorchLayout
): (key: string) => Promise<Buffer> {
  let last: { key: string; bytes: Buffer } | null = null
  return async (key) => {
    if (last?.key !== key) last = { key, bytes: await readStorage(file, handle, places.get(key)!) }
    return last.bytes
  }
}

async function readStorage(file: string, handle: FileHandle, place: StoragePlace): Promise<Buffer> {
  if (place.length > largestStorage)
    throw unreadable(file, `it has a storage of ${place.length} bytes, too many to convert`)
  return place.member === null
    ? readExactly(handle, place.offset, place.length)
    : readMember(file, handle, { member: place.member, limit: largestStorage })
}

/** A view's numbers in the order of its shape. */
function rowMajor(tensor: TorchTensor, storage: Buffer): Buffer {
  const { shape, strides, offset, type } = tensor
  const length = byteLength(tensor)
  if (isContiguous(tensor)) return storage.subarray(offset * type.bytes, offset * type.bytes + length)
  const result = Buffer.allocUnsafe(length)
  const index = shape.map(() => 0)
  let from = offset
  for (let to = 0; to < length; to += type.bytes) {
    storage.copy(result, to, from * type.bytes, (from + 1) * type.bytes)
    for (let d = shape.length - 1; d >= 0; d--) {
      from += strides[d]!
      if (++index[d]! < shape[d]!) break
      from -= strides[d]! * shape[d]!
      index[d] = 0
    }
  }
  return result
}
