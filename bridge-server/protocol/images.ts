import { Integer, Literal, Struct, Text, Union, type Static } from './schema.ts'

/**
 * How the bytes of an image are laid out, row by row from the top, without padding.
 * `rgba8`: straight (not premultiplied) alpha, sRGB. `gray8`: one byte a pixel; in masks 0 is outside, 255 inside.
 */
export const PixelFormat = Union([Literal('rgba8'), Literal('gray8')])
export type PixelFormat = Static<typeof PixelFormat>

/** Lower-case hexadecimal sha256 of a blob's bytes: its name on the server. */
export const BlobId = Text({ pattern: '^[0-9a-f]{64}$' })

/** An image whose bytes travel beside the JSON, as a blob. */
export const ImageRef = Struct({
  blob: BlobId,
  width: Integer({ minimum: 1, maximum: 32768 }),
  height: Integer({ minimum: 1, maximum: 32768 }),
  format: PixelFormat
})
export type ImageRef = Static<typeof ImageRef>
