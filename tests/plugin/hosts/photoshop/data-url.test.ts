import { expect, it } from 'vitest'
import { jpegUrl } from '../../../../plugin/hosts/photoshop/data-url.ts'

it('writes bytes as base64, whatever their number is modulo 3', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => (i * 167) & 255)
  for (const length of [0, 1, 2, 3, 4, 5, 255, 256]) {
    const part = bytes.subarray(0, length)
    expect(jpegUrl(part)).toBe(`data:image/jpeg;base64,${Buffer.from(part).toString('base64')}`)
    expect(jpegUrl(Buffer.from(part).toString('base64'))).toBe(jpegUrl(part))
  }
})

it('carries no picture that is not small', () => {
  expect(() => jpegUrl(new Uint8Array(36 * 1024))).not.toThrow()
  expect(() => jpegUrl(new Uint8Array(36 * 1024 + 1))).toThrow('49156')
})
