import { Integer, Struct, type Static } from './schema.ts'

/** A size in pixels. */
export const Size = Struct({ width: Integer({ minimum: 1 }), height: Integer({ minimum: 1 }) })
export type Size = Static<typeof Size>

/** A place in whole pixels. */
export const Point = Struct({ x: Integer(), y: Integer() })
export type Point = Static<typeof Point>

/** A rectangle in document pixels: the canvas origin is its top-left corner, y grows downwards. */
export const Rect = Struct({
  x: Integer(),
  y: Integer(),
  width: Integer({ minimum: 1 }),
  height: Integer({ minimum: 1 })
})
export type Rect = Static<typeof Rect>
