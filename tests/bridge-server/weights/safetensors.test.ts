import { truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../../bridge-server/errors.ts'
import { readSafetensors } from '../../../bridge-server/weights/safetensors.ts'
import { safetensorsOf, safetensorsWithHeader, temporaryFolder } from '../../support/tensor-files.ts'

function fileOf(bytes: Buffer): string {
  const file = path.join(temporaryFolder(), 'model.safetensors')
  writeFileSync(file, bytes)
  return file
}

const entry = (
  shape: readonly number[],
  [begin, end]: readonly [number, number],
  dtype = 'F16'
): unknown => ({
  dtype,
  shape,
  data_offsets: [begin, end]
})
const withEntries = (entries: object, dataBytes: number): Buffer =>
  safetensorsWithHeader(JSON.stringify(entries), dataBytes)

test('every tensor points at its own bytes of the file', async () => {
  const file = fileOf(
    withEntries({ b: entry([2, 3], [4, 16]), a: entry([1], [0, 4], 'F32'), __metadata__: { k: 'v' } }, 16)
  )
  const table = await readSafetensors(file)
  const a = table.weights.get('a')!
  const b = table.weights.get('b')!
  expect(a).toMatchObject({ dtype: 'f32', shape: [1], file, length: 4 })
  expect(b).toMatchObject({ dtype: 'f16', shape: [2, 3], offset: a.offset + 4, length: 12 })
  expect(b.offset + b.length).toBe(table.bytes)
  expect(table.metadata).toEqual({ k: 'v' })
})

test('dtypes that no network computes with are listed apart', async () => {
  const table = await readSafetensors(
    fileOf(withEntries({ x: entry([1], [0, 8], 'F64'), y: entry([2], [8, 9], 'F4') }, 9))
  )
  expect([...table.unusable]).toEqual([
    ['x', 'F64'],
    ['y', 'F4']
  ])
  expect(table.weights.size).toBe(0)
})

test('scalars and empty tensors are allowed', async () => {
  const table = await readSafetensors(
    fileOf(withEntries({ s: entry([], [0, 2]), e: entry([0, 5], [2, 2]) }, 2))
  )
  expect(table.weights.get('s')!.length).toBe(2)
  expect(table.weights.get('e')!.length).toBe(0)
})

const a = '"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}'

describe('a broken file is refused, naming what is wrong', () => {
  const cases: readonly (readonly [string, Buffer, RegExp])[] = [
    ['no bytes', Buffer.alloc(0), /has 0 bytes/],
    ['a web page', Buffer.from('<!DOCTYPE html><html></html>'), /is a web page/],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1'), /Git LFS pointer/],
    ['something else', Buffer.from('GIF89a, and more'), /no safetensors file/],
    [
      'a header longer than the file',
      Buffer.from('ff00000000000000', 'hex'),
      /needs 263 bytes.*ends after 8/
    ],
    ['a header that is not JSON', safetensorsWithHeader('{"a":', 0), /not JSON/],
    [
      'a header that is not UTF-8',
      Buffer.concat([safetensorsWithHeader('', 0).fill(2, 0, 1), Buffer.from([0x22, 0xff])]),
      /not JSON/
    ],
    ['a header that is a list', safetensorsWithHeader('[]', 0), /not a JSON object/],
    ['metadata that is not text', withEntries({ __metadata__: { a: 1 } }, 0), /“a” is not a text/],
    ['an entry that is a number', withEntries({ a: 1 }, 0), /entry of “a”/],
    ['an unknown dtype', withEntries({ a: entry([1], [0, 2], 'F17') }, 2), /unknown dtype "F17"/],
    [
      'a dtype that is a property of every object',
      withEntries({ a: entry([1], [0, 2], 'toString') }, 2),
      /unknown dtype/
    ],
    ['a negative dimension', withEntries({ a: entry([-1], [0, 2]) }, 2), /the shape \[-1\]/],
    ['a shape that does not fit its bytes', withEntries({ a: entry([3], [0, 2]) }, 2), /6 bytes.*hold 2/],
    ['a shape whose product overflows', withEntries({ a: entry([2 ** 40, 2 ** 40], [0, 2]) }, 2), /hold 2/],
    ['offsets that run backwards', withEntries({ a: entry([1], [2, 0]) }, 2), /hold -2/],
    ['a gap', withEntries({ a: entry([1], [2, 4]) }, 4), /begins at byte 2.*ends at 0/],
    [
      'an overlap',
      withEntries({ a: entry([2], [0, 4]), b: entry([1], [2, 4]) }, 4),
      /“b” begins at byte 2.*ends at 4/
    ],
    [
      'bytes behind the last tensor',
      withEntries({ a: entry([1], [0, 2]) }, 5),
      /end at byte (\d+) and the file has \d+/
    ],
    [
      'more tensors than any model has',
      safetensorsWithHeader(
        `{${Array.from({ length: 100_001 }, (_, i) => a.replace('a', `a${i}`)).join()}}`,
        2
      ),
      /lists 100001 tensors/
    ],
    ['two tensors of one name', safetensorsWithHeader(`{${a},${a}}`, 2), /2 tensors under 1 different names/]
  ]
  test.each(cases)('%s', async (_, bytes, message) => {
    const file = fileOf(bytes)
    const error: unknown = await readSafetensors(file).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ code: 'model-unreadable' })
    expect(String(error)).toContain('model.safetensors')
    expect(String(error)).toMatch(message)
  })

  test('a truncated file, with both byte counts', async () => {
    const bytes = safetensorsOf({ a: [10] })
    const file = fileOf(bytes)
    truncateSync(file, bytes.length - 3)
    await expect(readSafetensors(file)).rejects.toThrow(
      new RegExp(`need ${bytes.length} bytes and the file has ${bytes.length - 3}`)
    )
  })

  test('a file that is not there', async () => {
    await expect(readSafetensors('/nowhere/x.safetensors')).rejects.toMatchObject({ code: 'model-missing' })
  })
})
