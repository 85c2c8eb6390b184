import { describe, expect, it } from 'vitest'
import {
  clipPlane,
  emptyPlane,
  planeBounds,
  readPlane,
  shiftPlane,
  tileKey,
  tileArea,
  tileSize,
  writePlane
} from '../../../../plugin/hosts/canvas/plane.ts'
import { digest, noise } from './pictures.ts'

const area = { x: -70, y: 200, width: 400, height: 120 }
const bytes = new Uint8Array(noise(area.width * area.height * 4, 1))
const plane = writePlane(emptyPlane(4), area, bytes)

describe('a plane of tiles', () => {
  it('gives back what was written, across tile edges and below zero', () => {
    expect(digest(readPlane(plane, area))).toBe(digest(bytes))
  })

  it('holds its fill where nothing was written', () => {
    const filled = writePlane(emptyPlane(1, 255), { x: 0, y: 0, width: 1, height: 1 }, Uint8Array.of(3))
    expect([...readPlane(filled, { x: -1, y: 0, width: 3, height: 1 })]).toEqual([255, 3, 255])
  })

  it('finds the place of a tile from its key, on both sides of zero', () => {
    for (const [column, row] of [
      [0, 0],
      [-1, -3],
      [5, -32768],
      [-32768, 32767]
    ] as const)
      expect(tileArea(tileKey(column, row))).toMatchObject({ x: column * tileSize, y: row * tileSize })
  })

  it('copies only the tiles that a write touches, and leaves the old plane as it was', () => {
    const at = { x: 10, y: 210, width: 5, height: 5 }
    const next = writePlane(plane, at, new Uint8Array(100))
    const changed = [...plane.tiles.keys()].filter((key) => next.tiles.get(key) !== plane.tiles.get(key))
    expect(changed).toEqual([tileKey(0, 0)])
    expect(digest(readPlane(plane, area))).toBe(digest(bytes))
  })

  it('keeps no tile that holds only its fill', () => {
    expect(writePlane(plane, area, new Uint8Array(bytes.length)).tiles.size).toBe(0)
  })

  it('shifts there and back to the same pixels', () => {
    const there = shiftPlane(plane, { x: 33, y: -517 })
    expect(digest(readPlane(there, { ...area, x: area.x + 33, y: area.y - 517 }))).toBe(digest(bytes))
    expect(digest(readPlane(shiftPlane(there, { x: -33, y: 517 }), area))).toBe(digest(bytes))
  })

  it('clips to an area, sharing tiles that lie wholly inside', () => {
    const large = writePlane(
      emptyPlane(1),
      { x: 0, y: 0, width: 600, height: 300 },
      new Uint8Array(180_000).fill(9)
    )
    const clipped = clipPlane(large, { x: 0, y: 0, width: 300, height: 256 })
    expect(planeBounds(clipped)).toEqual({ x: 0, y: 0, width: 300, height: 256 })
    expect(clipped.tiles.get(tileKey(0, 0))).toBe(large.tiles.get(tileKey(0, 0)))
  })

  it('tells the exact bounds of what shows', () => {
    const dot = { x: 255, y: -1, width: 2, height: 1 }
    expect(planeBounds(writePlane(emptyPlane(4), dot, Uint8Array.of(0, 0, 0, 1, 9, 9, 9, 0)))).toEqual({
      ...dot,
      width: 1
    })
    expect(planeBounds(emptyPlane(4))).toBeNull()
  })
})
