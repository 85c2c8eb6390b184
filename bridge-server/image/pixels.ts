import type { Tensor } from '../tensor/tensor.ts'

/** Straight (not premultiplied) RGBA, 8 bits a channel, sRGB. */
export interface Rgba {
  readonly width: number
  readonly height: number
  readonly data: Uint8ClampedArray
}

/** One byte a pixel: a mask (0 outside, 255 inside) or a depth map (near is bright). */
export interface Gray {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

export type { Tensor }
