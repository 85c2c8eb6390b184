import { describe, expect, test } from 'vitest'
import { createMosaic, fadesOf } from '../../../bridge-server/image/mosaic.ts'
import type { Rgba } from '../../../bridge-server/image/pixels.ts'
import { tiled } from '../../../bridge-server/pipeline/tile-layout.ts'

/** Vectors of the plugin whose numbers these are: size, least tile, padding, and what comes of it. */
test.each([
  [{ width: 1024, height: 1024 }, 512, 32, '4 of 544 × 544'],
  [{ width: 2880, height: 2240 }, 1024, 48, '6 of 1024 × 1168'],
  [{ width: 800, height: 800 }, 896, 32, '1 of 800 × 800'],
  [{ width: 1472, height: 512 }, 512, 32, '3 of 544 × 512']
])('%j in tiles of %i with padding %i are %s', (size, side, padding, expected) => {
  const { tiles } = tiled(size, side, padding)
  const sizes = new Set(tiles.map(({ width, height }) => `${tiles.length} of ${width} × ${height}`))
  expect([...sizes]).toEqual([expected])
})

describe.each([
  [416, 272, 160, 16],
  [1040, 336, 256, 48],
  [2064, 1040, 512, 64]
])('tiles of %i × %i', (width, height, side, padding) => {
  const { tiles, overlap } = tiled({ width, height }, side, padding)

  test('lie inside, leave nothing out and overlap by at least what is said', () => {
    expect(
      tiles.every(
        ({ x, y, ...tile }) => x >= 0 && y >= 0 && x + tile.width <= width && y + tile.height <= height
      )
    ).toBe(true)
    const covered = new Uint8Array(width * height)
    for (const tile of tiles)
      for (let y = tile.y; y < tile.y + tile.height; y++)
        covered.fill(1, y * width + tile.x, y * width + tile.x + tile.width)
    expect(covered.every((value) => value === 1)).toBe(true)
    for (const { left, top } of fadesOf(tiles)) {
      expect(left === 0 || left >= overlap).toBe(true)
      expect(top === 0 || top >= overlap).toBe(true)
    }
  })

  test('of one colour make a picture of it, and of two no step between them', () => {
    const flat = (tile: { width: number; height: number }, value: number): Rgba => ({
      ...{ width: tile.width, height: tile.height },
      data: new Uint8ClampedArray(4 * tile.width * tile.height).fill(value)
    })
    const laid = (value: (i: number) => number): Uint8ClampedArray => {
      const mosaic = createMosaic({ width, height })
      const fades = fadesOf(tiles)
      tiles.forEach((tile, i) => mosaic.lay(flat(tile, value(i)), tile, fades[i]!))
      return mosaic.picture.data
    }
    expect(laid(() => 77).every((value) => value === 77)).toBe(true)
    const mixed = laid((i) => (i % 2 === 0 ? 0 : 200))
    let largest = 0
    for (let y = 0; y < height; y += 13)
      for (let x = 1; x < width; x++)
        largest = Math.max(largest, Math.abs(mixed[4 * (y * width + x)]! - mixed[4 * (y * width + x - 1)]!))
    expect(largest).toBeLessThanOrEqual(200 / overlap + 2)
  })
})
