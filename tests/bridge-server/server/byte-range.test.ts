import { expect, it } from 'vitest'
import { contentRangeOf, rangeOf } from '../../../bridge-server/server/byte-range.ts'

it.each([
  [undefined, null],
  ['bytes=0-9', { from: 0, to: 10 }],
  ['bytes=90-', { from: 90, to: 100 }],
  ['bytes=90-500', { from: 90, to: 100 }],
  ['bytes=-10', { from: 90, to: 100 }],
  ['bytes=-500', { from: 0, to: 100 }],
  ['bytes=99-99', { from: 99, to: 100 }],
  ['bytes=100-', 'none'],
  ['bytes=-0', 'none'],
  // What RFC 9110 has a server ignore.
  ['bytes=9-1', null],
  ['bytes=-', null],
  ['bytes=0-1,5-6', null],
  ['lines=0-1', null],
  ['bytes=0x1-2', null],
  [`bytes=${'9'.repeat(16)}-`, null]
])('Range %s of 100 bytes', (header, expected) => {
  expect(rangeOf(header, 100)).toEqual(expected)
})

it('knows a part by Content-Range, last byte included', () => {
  expect(contentRangeOf('bytes 0-0/1')).toEqual({ from: 0, to: 1, total: 1 })
  expect(contentRangeOf('bytes 16-31/100')).toEqual({ from: 16, to: 32, total: 100 })
})

it.each([
  '',
  'bytes 5-1/9',
  'bytes 0-9/9',
  'bytes 0-1/*',
  'bytes */9',
  'bytes=0-1/9',
  'bytes -1-2/9',
  'bytes 0-1e1/99'
])('refuses Content-Range “%s” with a hint', (header) => {
  expect(() => contentRangeOf(header)).toThrow(/no range of bytes/)
})
