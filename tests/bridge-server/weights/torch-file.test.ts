import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readNumbers } from '../../../bridge-server/weights/read-numbers.ts'
import { readSafetensors } from '../../../bridge-server/weights/safetensors.ts'
import { readTorchFile } from '../../../bridge-server/weights/torch-file.ts'
import type { TensorTable } from '../../../bridge-server/weights/tensor-table.ts'
import { findGolden } from '../../support/golden.ts'
import { pickle } from '../../support/pickle-bytes.ts'
import { temporaryFolder } from '../../support/tensor-files.ts'

const fixture = (name: string): string => path.resolve(import.meta.dirname, '../../fixtures/weights', name)
const counting = Array.from({ length: 24 }, (_, i) => i)

async function numbersOf(table: TensorTable, name: string): Promise<number[]> {
  return [...(await readNumbers(table.weights.get(name)!))]
}

describe.each(['plain.pt', 'legacy.pt', 'deflated.pt'])('%s', (name) => {
  test('holds the tensors that torch saved', async () => {
    const table = await readTorchFile(fixture(name), { cacheFolder: temporaryFolder() })
    expect([...table.weights.keys()].sort()).toEqual(
      ['brain', 'empty', 'half', 'parameter', 'scalar', 'view', 'whole', 'whole_numbers'].sort()
    )
    expect([...table.unusable]).toEqual([['yes', 'bool']])
    expect(table.weights.get('whole')).toMatchObject({ dtype: 'f32', shape: [2, 3, 4] })
    expect(table.weights.get('scalar')).toMatchObject({ shape: [] })
    for (const tensor of ['whole', 'half', 'brain']) expect(await numbersOf(table, tensor)).toEqual(counting)
    expect(await numbersOf(table, 'view')).toEqual(counting.slice(12))
    expect(await numbersOf(table, 'scalar')).toEqual([7])
    expect(await numbersOf(table, 'parameter')).toEqual([1, 1])
  })
})

test('tensors that lie whole in the file stay there, in either format', async () => {
  for (const name of ['plain.pt', 'legacy.pt'])
    for (const weight of (await readTorchFile(fixture(name), {})).weights.values())
      expect(weight.file).toBe(fixture(name))
})

test('transposed and strided tensors are written out row by row, once', async () => {
  const cacheFolder = temporaryFolder()
  const table = await readTorchFile(fixture('transposed.pt'), { cacheFolder })
  expect(table.weights.get('transposed')!.shape).toEqual([4, 2, 3])
  // permute(2, 0, 1) of [2, 3, 4]: element [k, i, j] is 12 i + 4 j + k.
  expect(await numbersOf(table, 'transposed')).toEqual(
    counting.map((n) => 12 * (Math.floor(n / 3) % 2) + 4 * (n % 3) + Math.floor(n / 6))
  )
  expect(await numbersOf(table, 'every_other')).toEqual([
    0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23
  ])
  const written = readdirSync(cacheFolder)
  expect(written).toHaveLength(1)
  const before = statSync(path.join(cacheFolder, written[0]!)).mtimeMs
  await readTorchFile(fixture('transposed.pt'), { cacheFolder })
  expect(statSync(path.join(cacheFolder, written[0]!)).mtimeMs).toBe(before)
  await expect(readTorchFile(fixture('transposed.pt'), {})).rejects.toMatchObject({
    code: 'model-unsupported'
  })
})

test('nested dicts and lists give dotted names', async () => {
  const table = await readTorchFile(fixture('nested.pt'), {})
  expect([...table.weights.keys()].sort()).toEqual(['list.0', 'list.1.inner', 'string_to_param.*'])
})

// {'state_dict': {one tensor}, 'callbacks': an object whose __reduce__ is (os.system, ('echo pwned > PWNED',))}
test.each(['evil.ckpt', 'evil-legacy.ckpt'])(
  '%s is refused by the name of what it would call',
  async (name) => {
    const error: unknown = await readTorchFile(fixture(name), {}).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'model-unsupported' })
    expect(String(error)).toContain('posix.system')
    expect(String(error)).toContain(name)
  }
)

describe('damaged files', () => {
  const broken = (bytes: Buffer): string => {
    const file = path.join(temporaryFolder(), 'broken.ckpt')
    writeFileSync(file, bytes)
    return file
  }

  test.each(['plain.pt', 'legacy.pt', 'deflated.pt'])('%s cut short anywhere is refused', async (name) => {
    const bytes = readFileSync(fixture(name))
    for (let length = 0; length < bytes.length; length += 97) {
      const file = broken(bytes.subarray(0, length))
      await expect(readTorchFile(file, { cacheFolder: temporaryFolder() })).rejects.toMatchObject({
        code: 'model-unreadable'
      })
    }
  })

  test('a member that unpacks to far more than it says stops at what it says', async () => {
    const zeros = deflateRawSync(Buffer.alloc(50_000_000))
    const file = broken(zipOf({ name: 'x/data.pkl', packed: zeros, size: 1000 }))
    await expect(readTorchFile(file, {})).rejects.toThrow(/does not unpack to 1000 bytes/)
    const honest = broken(zipOf({ name: 'x/data.pkl', packed: zeros, size: 2 ** 31 }))
    await expect(readTorchFile(honest, {})).rejects.toThrow(/more than 67108864/)
  })

  test('a storage that unpacks to hundreds of times the file is not written to disk, and one of zeros is', async () => {
    const saved = (count: number): string => {
      const data = pickledTensor(count)
      const zeros = deflateRawSync(Buffer.alloc(4 * count))
      return broken(
        zipOf(
          { name: 'x/data.pkl', packed: deflateRawSync(data), size: data.length },
          { name: 'x/data/0', packed: zeros, size: 4 * count }
        )
      )
    }
    const cacheFolder = temporaryFolder()
    await expect(readTorchFile(saved(10_000_000), { cacheFolder })).rejects.toThrow(
      /would unpack to 40000000/
    )
    expect(readdirSync(cacheFolder)).toEqual([])
    const { weights } = await readTorchFile(saved(100), { cacheFolder })
    expect(weights.get('w')?.shape).toEqual([100])
  })

  test('a zip of something else', async () => {
    const file = broken(
      zipOf({ name: 'word/document.xml', packed: deflateRawSync(Buffer.from('hello')), size: 5 })
    )
    await expect(readTorchFile(file, {})).rejects.toThrow(/1 files without PyTorch's data.pkl/)
  })
})

interface Member {
  readonly name: string
  readonly packed: Buffer
  /** What it claims to have unpacked, in bytes. */
  readonly size: number
}

/** A zip of deflated members. */
function zipOf(...members: readonly Member[]): Buffer {
  const [locals, directory]: [Buffer[], Buffer[]] = [[], []]
  let offset = 0
  for (const { name, packed, size } of members) {
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50)
    local.writeUInt16LE(name.length, 26)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50)
    central.writeUInt16LE(8, 10)
    central.writeUInt32LE(packed.length, 20)
    central.writeUInt32LE(size, 24)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt32LE(offset, 42)
    const stored = Buffer.concat([local, Buffer.from(name), packed])
    locals.push(stored)
    directory.push(central, Buffer.from(name))
    offset += stored.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, listed, end])
}

/** The pickle of {'w': a float32 tensor of so many numbers}, as torch.save writes it. */
function pickledTensor(count: number): Buffer {
  const number = Buffer.alloc(5)
  number.write('J')
  number.writeInt32LE(count, 1)
  const text = (value: string): Buffer =>
    Buffer.concat([Buffer.from(['X'.charCodeAt(0), value.length, 0, 0, 0]), Buffer.from(value)])
  return Buffer.concat([
    pickle(0x80, 2, '}'),
    text('w'),
    pickle('ctorch._utils\n_rebuild_tensor_v2\n(('),
    text('storage'),
    pickle('ctorch\nFloatStorage\n'),
    ...[text('0'), text('cpu'), number],
    pickle('tQ', 'K', 0),
    number,
    pickle(0x85, 'K', 1, 0x85, 0x89, 'ccollections\nOrderedDict\n)RtRs.')
  ])
}

const ckpt = findGolden('checkpoints/sd1-small.ckpt')
const fp32 = findGolden('checkpoints/sd1-small.fp32.safetensors')
test.skipIf(ckpt === null || fp32 === null)(
  'a whole .ckpt holds in place, in fp16, the numbers of its fp32 safetensors',
  async () => {
    const [torch, reference] = [await readTorchFile(ckpt!, {}), await readSafetensors(fp32!)]
    expect([...torch.weights.keys()].sort()).toEqual([...reference.weights.keys()].sort())
    for (const name of [
      'model.diffusion_model.out.2.weight',
      'first_stage_model.decoder.conv_in.weight',
      'betas'
    ]) {
      expect(torch.weights.get(name)!.shape).toEqual(reference.weights.get(name)!.shape)
      expect(await numbersOf(torch, name)).toEqual(await numbersOf(reference, name))
    }
  }
)
