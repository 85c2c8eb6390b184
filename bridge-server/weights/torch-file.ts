import type { FileHandle } from 'node:fs/promises'
import { AppError } from '../errors.ts'
import type { Weight } from '../graph/weight.ts'
import { convertTorchFile } from './convert-torch-file.ts'
import { forbidden, PickleEnds } from './pickle-reader.ts'
import { readPickle } from './pickle.ts'
import { openForReading } from './safetensors.ts'
import type { TensorFileOptions } from './open-options.ts'
import { shownName, unreadable, type TensorTable } from './tensor-table.ts'
import {
  byteLength,
  isContiguous,
  longestPickle,
  type StoragePlace,
  type TorchLayout
} from './torch-layout.ts'
import { legacyLayout } from './torch-legacy.ts'
import { storageOf, takeParameters, torchGlobals, typeOf, type TorchTensor } from './torch-objects.ts'
import { namedScalars, namedTensors } from './torch-state.ts'
import { readMember, readZipDirectory, type ZipMember } from './zip-file.ts'

/**
 * The tensors of a file that torch.save wrote (zip, or the older row of pickles). The pickle is read by an interpreter that
 * can only build tensors and containers. Tensors that lie whole in the file stay there; when one does not (deflated, or
 * transposed), all are written once into a safetensors file in the cache folder.
 * Throws AppError 'model-unreadable', 'model-missing', and 'model-unsupported' for what wants to run code.
 */
export async function readTorchFile(file: string, options: TensorFileOptions): Promise<TensorTable> {
  const handle = await openForReading(file)
  try {
    const { size } = await handle.stat()
    const members = await readZipDirectory(file, handle, size)
    const layout =
      members === null ? await legacyLayout(file, handle, size) : await zipLayout(file, handle, members)
    checkExtents(file, layout)
    if ([...layout.tensors.values()].every((tensor) => isInPlace(tensor, layout)))
      return tableInPlace(file, layout, size)
    if (options.cacheFolder === undefined)
      throw new AppError('model-unsupported', {
        message: `${shownName(file)} has packed or transposed tensors and must be converted to be used.`,
        hint: 'Add it to a models folder, where Marquee converts it once.'
      })
    return await convertTorchFile({ file, handle, layout, cacheFolder: options.cacheFolder })
  } finally {
    await handle.close()
  }
}

async function zipLayout(
  file: string,
  handle: FileHandle,
  members: ReadonlyMap<string, ZipMember>
): Promise<TorchLayout> {
  const pickle = [...members.keys()].find((name) => name === 'data.pkl' || name.endsWith('/data.pkl'))
  const member = pickle === undefined ? undefined : members.get(pickle)
  if (pickle === undefined || member === undefined)
    throw unreadable(file, `it is a zip of ${members.size} files without PyTorch's data.pkl`)
  const root = pickle.slice(0, -'data.pkl'.length)
  if (members.has(`${root}constants.pkl`)) throw forbidden(file, 'a TorchScript program')
  const order = members.get(`${root}byteorder`)
  if (order !== undefined) {
    const text = (await readMember(file, handle, { member: order, limit: 16 })).toString()
    if (text.trim() !== 'little') throw unreadable(file, `its numbers are ${text}-endian`)
  }
  const bytes = await readMember(file, handle, { member, limit: longestPickle })
  const places = new Map<string, StoragePlace>()
  const { value } = readWhole(file, bytes, (id) => {
    const storage = storageOf(file, id)
    const data = members.get(`${root}data/${storage.key}`)
    const expected = storage.count * (typeOf(storage.type)?.bytes ?? 1)
    if (data === undefined) throw unreadable(file, `its storage ${storage.key} is not in the zip`)
    if (data.size !== expected)
      throw unreadable(file, `its storage ${storage.key} is to have ${expected} bytes and has ${data.size}`)
    places.set(storage.key, { offset: data.offset, length: data.size, stored: data.stored, member: data })
    return storage
  })
  return { tensors: namedTensors(value), places, metadata: namedScalars(value) }
}

function readWhole(
  file: string,
  bytes: Buffer,
  persistent: (id: unknown) => unknown
): ReturnType<typeof readPickle> {
  try {
    return readPickle(bytes, 0, {
      ...{ file, persistent },
      globals: torchGlobals(file),
      attributes: takeParameters
    })
  } catch (cause) {
    if (cause instanceof PickleEnds) throw unreadable(file, 'its pickle ends too early', cause)
    throw cause
  }
}

function checkExtents(file: string, { tensors, places }: TorchLayout): void {
  for (const [name, tensor] of tensors) {
    const place = places.get(tensor.storage.key)
    const last = tensor.shape.reduce(
      (sum, dim, i) => sum + (dim - 1) * (tensor.strides[i] ?? 0),
      tensor.offset
    )
    const needed = tensor.shape.includes(0) ? 0 : (last + 1) * tensor.type.bytes
    if (place === undefined || needed > place.length)
      throw unreadable(file, `“${name}” needs ${needed} bytes of a storage of ${place?.length ?? 0}`)
  }
}

const isInPlace = (tensor: TorchTensor, { places }: TorchLayout): boolean =>
  places.get(tensor.storage.key)?.stored === true && isContiguous(tensor)

function tableInPlace(file: string, { tensors, places, metadata }: TorchLayout, bytes: number): TensorTable {
  const weights = new Map<string, Weight>()
  const unusable = new Map<string, string>()
  for (const [name, tensor] of tensors) {
    const { dtype, name: typeName, bytes: each } = tensor.type
    if (dtype === null) unusable.set(name, typeName)
    else
      weights.set(name, {
        dtype,
        shape: tensor.shape,
        file,
        offset: places.get(tensor.storage.key)!.offset + tensor.offset * each,
        length: byteLength(tensor)
      })
  }
  return { file, weights, unusable, metadata, bytes }
}
