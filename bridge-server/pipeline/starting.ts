import { AppError, assert } from '../errors.ts'
import { composite } from '../image/composite.ts'
import { cropRgba } from '../image/crop.ts'
import type { Rgba } from '../image/pixels.ts'
import { resizeGray, resizeRgba } from '../image/resize.ts'
import { croppedPlane, toTensor } from '../image/tensor-pixels.ts'
import type { ModelInfo } from '../protocol/catalogue.ts'
import type { Size } from '../protocol/geometry.ts'
import type { DiffusionModel } from '../runtime/model.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { enlarged } from './enlarge.ts'
import { isLatentUpscaler, upscaledLatents } from './latent-upscale.ts'
import { familyOf, type Pass } from './plan.ts'
import { pixelsOf, type PassGiven, type Run } from './run.ts'

type Starting = Pick<Run, 'before' | 'report'>

/** What a pass starts with, at its size. */
interface Start {
  readonly picture: Rgba | null
  /** In the place of the picture's own. */
  readonly latents?: Tensor
}

/** The picture that a pass starts with, at its size, or latents instead. */
export async function startOf(pass: Pass, given: PassGiven, run: Starting): Promise<Start> {
  const { scene, model } = given
  const snapshot = scene.picture && resizeRgba(scene.picture, pass.size, 'lanczos')
  if (typeof pass.from !== 'object') {
    if (given.request.webui?.latentResize !== true || scene.picture === null) return { picture: snapshot }
    const encoded = await model.encode(toTensor(scene.picture))
    return { picture: snapshot, latents: upscaledLatents(encoded, latentSize(pass.size, model), 'latent') }
  }
  const { upscaler, cover } = pass.from
  if (!isLatentUpscaler(upscaler))
    return cover === undefined
      ? { picture: await startingPicture(pass, given, run) }
      : middleOf(await enlargedBefore(run, cover, upscaler, given), pass, model)
  if (run.before === null || !('latents' in run.before))
    throw new AppError('bad-message', {
      message: `The upscaler “${upscaler}” needs the latents of a first pass, which is done in tiles at this size.`,
      hint: 'Choose another upscaler, or a working size.'
    })
  refuseOtherLatents(upscaler, run.before.model.info, model.info)
  const larger = upscaledLatents(run.before.latents, latentSize(cover ?? pass.size, model), upscaler)
  return { picture: snapshot, latents: middleOfLatents(larger, latentSize(pass.size, model)) }
}

const latentSize = ({ width, height }: Size, { downscale }: DiffusionModel): Size => ({
  width: Math.floor(width / downscale),
  height: Math.floor(height / downscale)
})

/**
 * The middle of an enlarged picture at the pass's size. Its latents are cut and not its pixels, as in the web UI, so that they know
 * what was around them.
 */
async function middleOf(larger: Rgba, { size, sampling }: Pass, model: DiffusionModel): Promise<Start> {
  const whole = latentSize(larger, model)
  const inner = latentSize(size, model)
  const scale = (latents: number): number => latents * model.downscale
  const at = { x: scale(before(whole.width, inner.width)), y: scale(before(whole.height, inner.height)) }
  const picture = cropRgba(larger, { ...at, ...size })
  if (sampling === null) return { picture }
  const even = { x: 0, y: 0, width: scale(whole.width), height: scale(whole.height) }
  const encoded = await model.encode(toTensor(cropRgba(larger, even)))
  return { picture, latents: middleOfLatents(encoded, inner) }
}

function middleOfLatents({ data, dims }: Tensor, { width, height }: Size): Tensor {
  const [n = 1, c = 0, h = 0, w = 0] = dims
  if (h === height && w === width) return { data, dims }
  const place = { x: before(w, width), y: before(h, height), width, height }
  const out = new Float32Array(n * c * width * height)
  for (let plane = 0; plane < n * c; plane++)
    out.set(croppedPlane(data.subarray(plane * h * w, (plane + 1) * h * w), w, place), plane * width * height)
  return { data: out, dims: [n, c, height, width] }
}

/** What is cut away at the left or the top; where the number is odd, the other side loses one more. */
const before = (whole: number, inner: number): number => Math.floor((whole - inner) / 2)

/** Models of unlike families have unlike latents. */
function refuseOtherLatents(upscaler: string, first: ModelInfo, second: ModelInfo): void {
  if (familyOf(first) === familyOf(second)) return
  throw new AppError('model-cannot', {
    message: `The upscaler “${upscaler}” hands on the latents of “${first.name}” (${first.family}), which “${second.name}” (${second.family}) cannot read.`,
    hint: 'Choose an upscaler that works on pictures, such as Lanczos.'
  })
}

/** The snapshot or what the pass before made, at this one's size; around what may change stands the snapshot. */
export async function startingPicture(pass: Pass, given: PassGiven, run: Starting): Promise<Rgba> {
  const { scene } = given
  const snapshot = scene.picture && resizeRgba(scene.picture, pass.size, 'lanczos')
  if (typeof pass.from !== 'object' || run.before === null) {
    assert(snapshot !== null, 'a pass that starts from a picture has none')
    return snapshot
  }
  const larger = await enlargedBefore(run, pass.size, pass.from.upscaler, given)
  if (snapshot === null || scene.denoise === null) return larger
  return composite(snapshot, larger, resizeGray(scene.denoise, pass.size, 'bilinear'))
}

/** What the pass before made, larger. */
async function enlargedBefore(
  { before, report }: Starting,
  size: Size,
  upscaler: string,
  { models, signal }: Pick<PassGiven, 'models' | 'signal'>
): Promise<Rgba> {
  assert(before !== null, 'a second pass without a first one')
  const picture = await pixelsOf(before)
  report('upscaling', 0)
  return enlarged(picture, size, upscaler, { ...{ models, signal }, onTile: () => report('upscaling', 0) })
}
