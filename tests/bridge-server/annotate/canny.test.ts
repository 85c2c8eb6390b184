import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { cannyEdges } from '../../../bridge-server/annotate/canny.ts'

interface Recorded {
  readonly name: string
  readonly low: number
  readonly high: number
  readonly width: number
  readonly picture: string
  readonly edges: string
}

const file = path.resolve(import.meta.dirname, '../../fixtures/canny/canny.json')
const cases = JSON.parse(readFileSync(file, 'utf8')) as Recorded[]

test.each(cases)('the edges are OpenCV’s: $name, $low to $high', ({ low, high, width, picture, edges }) => {
  const data = new Uint8Array(Buffer.from(picture, 'hex'))
  const bits = Buffer.from(edges, 'hex')
  const expected = data.map((_, i) => ((bits[i >> 3]! >> (7 - (i % 8))) & 1) * 255)
  const made = cannyEdges({ width, height: data.length / width, data }, low, high).data
  expect([...made.keys()].filter((i) => made[i] !== expected[i])).toEqual([])
})
