import type { Rgba } from '../image/pixels.ts'
import type { Size } from '../protocol/geometry.ts'
import { drawnLimbs, poseColours } from './pose-body.ts'
import type { Peak } from './pose-peaks.ts'
import type { Person } from './pose-people.ts'

/** Half of a limb's width and a joint's radius, in pixels of a map whose shorter side is `USUAL`. */
const WIDTH = 4
const USUAL = 512
/** Limbs are darker than joints. */
const SHADE = 0.6

/** Bodies on black in the colours and forms that ControlNets were trained on: limbs are ellipses, joints discs. */
export function drawnPeople(people: readonly Person[], { width, height }: Size): Rgba {
  const map: Rgba = { width, height, data: new Uint8ClampedArray(4 * width * height) }
  for (let i = 3; i < map.data.length; i += 4) map.data[i] = 255
  const radius = Math.max(1, (WIDTH * Math.min(width, height)) / USUAL)
  for (const [i, { from, to }] of drawnLimbs.entries())
    for (const person of people) {
      const [a, b] = [person[from], person[to]]
      if (a && b) drawEllipse(map, a, b, { radius, colour: shaded(poseColours[i]!) })
    }
  for (const [i, colour] of poseColours.entries())
    for (const person of people) {
      const at = person[i]
      if (at) drawEllipse(map, at, at, { radius, colour })
    }
  return map
}

type Colour = readonly [number, number, number]

const shaded = ([r, g, b]: Colour): Colour => [
  Math.floor(r * SHADE),
  Math.floor(g * SHADE),
  Math.floor(b * SHADE)
]

interface Brush {
  readonly radius: number
  readonly colour: Colour
}

/** Filled, from one point to the other, `radius` wide to each side; a disc where the points are one. */
function drawEllipse({ width, height, data }: Rgba, a: Peak, b: Peak, { radius, colour }: Brush): void {
  const [x, y] = [(a.x + b.x) / 2, (a.y + b.y) / 2]
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const length = Math.hypot(dx, dy)
  const half = Math.max(radius, length / 2)
  const [cos, sin] = length === 0 ? [1, 0] : [dx / length, dy / length]
  const within = (at: number, side: number): number => Math.min(Math.max(at, 0), side - 1)
  const [left, right] = [within(Math.floor(x - half), width), within(Math.ceil(x + half), width)]
  const [top, bottom] = [within(Math.floor(y - half), height), within(Math.ceil(y + half), height)]
  for (let v = top; v <= bottom; v++)
    for (let u = left; u <= right; u++) {
      const along = ((u - x) * cos + (v - y) * sin) / half
      const across = ((v - y) * cos - (u - x) * sin) / radius
      if (along * along + across * across <= 1) data.set(colour, 4 * (v * width + u))
    }
}
