import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { sha256, sha256InScript } from '../../../plugin/client/sha256.ts'

const expected = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

it.each([
  ['by the runtime', sha256],
  ['in script', sha256InScript]
])('%s: is Node’s, however the bytes are cut', async (_, digest) => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 1000, 5 * 1024 * 1024 + 7]) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 31) & 255)
    expect(await digest([bytes])).toBe(expected(bytes))
    const cut = [bytes.subarray(0, length >> 2), bytes.subarray(length >> 2, (length >> 2) + 70)]
    expect(await digest([...cut, bytes.subarray((length >> 2) + 70)])).toBe(expected(bytes))
  }
  const part = new Uint8ClampedArray(new ArrayBuffer(100), 10, 20)
  expect(await digest([part])).toBe(expected(new Uint8Array(20)))
})
