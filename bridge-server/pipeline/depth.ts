import { AppError } from '../errors.ts'
import { visibleDepth } from '../image/depth-map.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import { resizeTensor } from '../image/resize.ts'
import { grayToTensor, tensorToGray, toTensor } from '../image/tensor-pixels.ts'
import type { Mode } from '../protocol/request.ts'
import type { DiffusionModel } from '../runtime/model.ts'
import type { Tensor } from '../tensor/tensor.ts'

/**
 * The depth a depth model is guided by, [1, 1, H, W] with near as large: the map that was given, else the estimate from the
 * picture. Null where the model takes none. Throws AppError 'model-cannot'.
 */
export async function depthFor(
  model: DiffusionModel,
  mode: Mode,
  given: Gray | null,
  picture: Rgba | null
): Promise<Tensor | null> {
  const { info, estimateDepth } = model
  if (model.inputChannels !== 5) {
    if (mode !== 'depth2img') return null
    throw new AppError('model-cannot', {
      message: `“${info.name}” cannot be guided by depth.`,
      hint: 'Choose a depth model, such as the one that comes with Marquee.'
    })
  }
  if (given !== null) return grayToTensor(given)
  if (estimateDepth !== null && picture !== null) {
    const { data, dims } = await estimateDepth(toTensor(picture))
    return { data, dims: [1, 1, ...dims.slice(-2)] }
  }
  if (mode !== 'depth2img') return null
  throw new AppError('model-cannot', {
    message: `“${info.name}” has no depth estimator, and the request holds no depth map.`,
    hint: 'Give a depth map, or choose a model with an estimator.'
  })
}

/** The depth as a picture of a size, near is bright. */
export const depthMap = (depth: Tensor, size: { width: number; height: number }): Gray =>
  tensorToGray(resizeTensor(visibleDepth(depth), size, 'bicubic'))
