import { expect, test } from 'vitest'
import { cutOut, joinedTiles, webuiTiles } from '../../../bridge-server/image/webui-tiles.ts'
import { patterned } from '../../support/sdapi.ts'

const flat = (level: number, width: number, height: number) => ({
  ...{ width, height },
  data: new Uint8ClampedArray(4 * width * height).map((_, i) => (i % 4 === 3 ? 255 : level))
})

test.each([
  // ceil((1024 − 64) / 448) = 3 tiles, (1024 − 512) / 2 apart.
  [1024, 512, 64, [0, 256, 512]],
  [1000, 512, 64, [0, 244, 488]],
  [512, 512, 64, [0]],
  // Larger than the picture: its end lies at the picture's.
  [400, 512, 64, [-112]]
])('a side of %d in tiles of %d that share %d', (whole, tile, overlap, starts) => {
  const rows = webuiTiles({ width: whole, height: tile }, { width: tile, height: tile }, overlap)
  expect(rows).toHaveLength(1)
  expect(rows[0]?.map(({ x }) => x)).toEqual(starts)
})

test.each([
  [{ width: 100, height: 70 }, { width: 32, height: 24 }, 8],
  [{ width: 40, height: 40 }, { width: 32, height: 32 }, 0],
  [{ width: 20, height: 48 }, { width: 32, height: 32 }, 16]
])('tiles of a picture of %j, laid together, are the picture', (size, tile, overlap) => {
  const picture = patterned(size.width, size.height)
  const rows = webuiTiles(size, tile, overlap)
  const placed = rows.map((row) => row.map((at) => ({ ...at, picture: cutOut(picture, at) })))
  const joined = joinedTiles(placed, size, overlap)
  // A tile that reaches out of the picture fades in over black as far as it lies inside.
  if (tile.width <= size.width) expect(joined).toEqual(picture)
  else expect(joined.data.slice(4 * 16, 4 * 20)).toEqual(picture.data.slice(4 * 16, 4 * 20))
})

test('a tile fades in over its neighbour by the levels of Pillow’s paste', () => {
  // Shares of trunc(255 · k / 4) / 255, of 200: 0, 63, 127 and 191 of 255.
  const row = [
    { x: 0, y: 0, picture: flat(0, 8, 2) },
    { x: 4, y: 0, picture: flat(200, 8, 2) }
  ]
  const { data } = joinedTiles([row], { width: 12, height: 2 }, 4)
  const levels = Array.from({ length: 12 }, (_, x) => data[4 * x])
  expect(levels).toEqual([0, 0, 0, 0, 0, 49, 100, 150, 200, 200, 200, 200])
})
