import { assert } from '../errors.ts'
import type { Gray, Rgba } from './pixels.ts'

/**
 * `layer` over `backdrop` (Porter and Duff 1984, "over", straight alpha), its opacity scaled by `mask`. Where the mask is 0
 * the result is the backdrop's bytes, where it and the layer are opaque the layer's.
 */
export function composite(backdrop: Rgba, layer: Rgba, mask?: Gray): Rgba {
  const { width, height } = backdrop
  assert(layer.width === width && layer.height === height, 'a layer of another size than its backdrop')
  const data = Uint8ClampedArray.from(backdrop.data)
  for (let i = 0; i < width * height; i++) {
    const at = 4 * i
    const alpha = (layer.data[at + 3]! * (mask === undefined ? 255 : mask.data[i]!)) / 65025
    if (alpha === 0) continue
    const below = (backdrop.data[at + 3]! / 255) * (1 - alpha)
    const whole = alpha + below
    for (let c = 0; c < 3; c++)
      data[at + c] = (layer.data[at + c]! * alpha + backdrop.data[at + c]! * below) / whole
    data[at + 3] = 255 * whole
  }
  return { width, height, data }
}
