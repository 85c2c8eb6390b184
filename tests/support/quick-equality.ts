import { expect } from 'vitest'

/**
 * `toEqual` walks arrays of numbers value by value, which takes seconds for a picture. This one compares bytes first, and leaves
 * what differs (and what may be equal all the same, as 0 and -0) to the walk.
 */
expect.addEqualityTesters([
  (a: unknown, b: unknown) =>
    isNumbers(a) && isNumbers(b) && a.constructor === b.constructor && bytesOf(a).equals(bytesOf(b))
      ? true
      : undefined
])

const isNumbers = (value: unknown): value is ArrayBufferView =>
  ArrayBuffer.isView(value) && !(value instanceof DataView)

const bytesOf = (view: ArrayBufferView): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength)
