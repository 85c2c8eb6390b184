import { expect, test } from 'vitest'

import { createProtoWriter } from '../../../bridge-server/graph/protobuf.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('writes the examples of the protobuf encoding guide', () => {
  expect(hex(createProtoWriter().varint(1, 150).finish())).toBe('089601')
  expect(hex(createProtoWriter().string(2, 'testing').finish())).toBe('120774657374696e67')
  const nested = createProtoWriter().message(3, (w) => w.varint(1, 150))
  expect(hex(nested.finish())).toBe('1a03089601')
})

test('a negative number takes ten bytes, as int64 does', () => {
  expect(hex(createProtoWriter().varint(1, -2).finish())).toBe('08feffffffffffffffff01')
})

test('numbers beyond 32 bits keep all their digits', () => {
  const number = createProtoWriter()
    .varint(1, 2 ** 40 + 5)
    .finish()
  const bigint = createProtoWriter()
    .varint(1, 2n ** 40n + 5n)
    .finish()
  expect(number).toEqual(bigint)
})

test('a float is four little-endian bytes', () => {
  expect(hex(createProtoWriter().float(1, 1).finish())).toBe('0d0000803f')
})

test('a message grows beyond the first buffer', () => {
  const bytes = new Uint8Array(100_000).fill(7)
  const out = createProtoWriter().varint(1, 1).bytes(2, bytes).finish()
  expect(out.length).toBe(2 + 1 + 3 + bytes.length)
  expect(out.subarray(-bytes.length)).toEqual(bytes)
})
