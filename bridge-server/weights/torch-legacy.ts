import type { FileHandle } from 'node:fs/promises'
import { PickleEnds } from './pickle-reader.ts'
import { readPickle } from './pickle.ts'
import { readExactly } from './safetensors.ts'
import { unreadable } from './tensor-table.ts'
import { longestPickle, type StoragePlace, type TorchLayout } from './torch-layout.ts'
import { storageOf, takeParameters, torchGlobals, typeOf, type TorchStorage } from './torch-objects.ts'
import { namedScalars, namedTensors } from './torch-state.ts'

/** `torch.serialization.MAGIC_NUMBER` and `PROTOCOL_VERSION`. */
const magic = 0x1950a86a20f9469cfc6cn
const version = 1001
const firstWindow = 2 ** 20

interface Structure {
  readonly value: unknown
  readonly storages: ReadonlyMap<string, TorchStorage>
  /** In the order of their data. */
  readonly keys: readonly string[]
  readonly end: number
}

/**
 * The format before torch 1.6: five pickles (magic number, version, the machine, the object, the keys of its storages),
 * then each storage as a count of 8 bytes and its numbers. torch.serialization._legacy_save.
 */
export async function legacyLayout(file: string, handle: FileHandle, size: number): Promise<TorchLayout> {
  const { value, storages, keys, end } = await readStructure(file, handle, size)
  const places = new Map<string, StoragePlace>()
  let at = end
  for (const key of keys) {
    const storage = storages.get(key)
    const each = storage === undefined ? undefined : typeOf(storage.type)?.bytes
    const head = await readExactly(handle, at, 8)
    const count = head.length < 8 ? -1 : Number(head.readBigInt64LE())
    if (storage === undefined || each === undefined || count !== storage.count)
      throw unreadable(file, `its storage ${key} is to have ${storage?.count ?? 0} numbers and has ${count}`)
    if (at + 8 + count * each > size)
      throw unreadable(
        file,
        `its storage ${key} ends at ${at + 8 + count * each} and the file at ${size}; it is truncated`
      )
    places.set(key, { offset: at + 8, length: count * each, stored: true, member: null })
    at += 8 + count * each
  }
  return { tensors: namedTensors(value), places, metadata: namedScalars(value) }
}

/** How long the pickles are only reading them tells, so the bytes read are doubled until they suffice. */
async function readStructure(file: string, handle: FileHandle, size: number): Promise<Structure> {
  for (let window = firstWindow; ; window *= 2) {
    const bytes = await readExactly(handle, 0, Math.min(window, size))
    try {
      return parseStructure(file, bytes)
    } catch (cause) {
      if (!(cause instanceof PickleEnds)) throw cause
      if (window >= size)
        throw unreadable(file, `it ends after ${size} bytes inside its pickle; it is truncated`)
      if (window >= longestPickle) throw unreadable(file, `its pickle is longer than ${longestPickle} bytes`)
    }
  }
}

function parseStructure(file: string, bytes: Buffer): Structure {
  const storages = new Map<string, TorchStorage>()
  const options = {
    file,
    globals: torchGlobals(file),
    attributes: takeParameters,
    persistent: (id: unknown): TorchStorage => {
      const storage = storageOf(file, id)
      storages.set(storage.key, storage)
      return storage
    }
  }
  let end = 0
  const next = (): unknown => {
    const read = readPickle(bytes, end, options)
    end = read.end
    return read.value
  }
  if (bytes[0] !== 0x80 || next() !== magic) throw unreadable(file, 'it is not a PyTorch file')
  const found = next()
  if (found !== version) throw unreadable(file, `it has PyTorch's protocol ${String(found)}, not ${version}`)
  const machine = next()
  if (!(machine instanceof Map) || machine.get('little_endian') !== true)
    throw unreadable(file, 'its numbers are big-endian')
  const value = next()
  const keys = next()
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string'))
    throw unreadable(file, 'it has no list of its storages')
  return { value, storages, keys, end }
}
