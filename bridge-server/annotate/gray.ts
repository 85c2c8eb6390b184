import type { Gray, Rgba } from '../image/pixels.ts'

/** OpenCV's RGB2GRAY: the luma of ITU-R BT.601 in 15-bit fixed point. */
export function grayOf({ width, height, data }: Rgba): Gray {
  const out = new Uint8Array(width * height)
  for (let i = 0, at = 0; i < out.length; i++, at += 4)
    out[i] = (data[at]! * 9798 + data[at + 1]! * 19235 + data[at + 2]! * 3735 + 16384) >> 15
  return { width, height, data: out }
}
