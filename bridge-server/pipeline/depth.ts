import { AppError } from '../errors.ts'
import { visibleDepth } from '../image/depth-map.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import { resizeRgba, resizeTensor } from '../image/resize.ts'
import { grayToTensor, tensorToGray, toTensor } from '../image/tensor-pixels.ts'
import type { Size } from '../protocol/geometry.ts'
import type { Phase } from '../protocol/messages.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { DiffusionModel } from '../runtime/model.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Scene } from './scene.ts'

interface DepthOptions {
  /** At which the estimator sees the picture. */
  readonly size: Size
  readonly report: (phase: Phase) => void
}

/**
 * The depth a depth model is guided by, [1, 1, H, W] with near as large: the map that was given, else the estimate from the
 * picture. Null where the model takes none. Throws AppError 'model-cannot'.
 */
export async function depthOf(
  { mode }: GenerateRequest,
  scene: Scene,
  model: DiffusionModel,
  { size, report }: DepthOptions
): Promise<Tensor | null> {
  const { info } = model
  if (model.inputChannels !== 5) {
    if (mode !== 'depth2img') return null
    throw new AppError('model-cannot', {
      message: `“${info.name}” cannot be guided by depth.`,
      hint: 'Choose a depth model, such as the one that comes with Marquee.'
    })
  }
  report('depth')
  if (scene.depth !== null) return grayToTensor(scene.depth)
  const estimate = scene.picture && (await estimatedDepth(model, scene.picture, size))
  if (estimate !== null) return estimate
  if (mode !== 'depth2img') return null
  throw new AppError('model-cannot', {
    message: `“${info.name}” has no depth estimator, and the request holds no depth map.`,
    hint: 'Give a depth map, or choose a model with an estimator.'
  })
}

/** The estimate of a depth model, [1, 1, H, W] with near as large; null of others, and of those without an estimator. */
export async function estimatedDepth(
  { estimateDepth, inputChannels }: DiffusionModel,
  picture: Rgba,
  size: Size
): Promise<Tensor | null> {
  if (estimateDepth === null || inputChannels !== 5) return null
  const { data, dims } = await estimateDepth(toTensor(resizeRgba(picture, size, 'lanczos')))
  return { data, dims: [1, 1, ...dims.slice(-2)] }
}

/** The depth as a picture of a size, near is bright. */
export const depthMap = (depth: Tensor, size: { width: number; height: number }): Gray =>
  tensorToGray(resizeTensor(visibleDepth(depth), size, 'bicubic'))
