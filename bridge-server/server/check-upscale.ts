import { AppError } from '../errors.ts'
import { maxBlobBytes } from '../jobs/blobs.ts'
import { bytesPerPixel } from '../protocol/pixels.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import { upscaledSize } from '../protocol/upscalers.ts'

/**
 * What a request must and must not hold to make an area larger, and no other one may hold.
 * Throws AppError 'bad-message', 'too-large' where the result would be no blob any more.
 */
export function checkUpscale({
  mode,
  upscale,
  selection,
  hires,
  controls,
  seamless,
  area
}: GenerateRequest): void {
  if (hires !== undefined) checkCover(mode, hires)
  if (mode !== 'upscale') {
    if (upscale !== undefined)
      throw new AppError('bad-message', {
        message: `request.upscale belongs to mode upscale, not to ${mode}.`,
        hint: 'Leave request.upscale out, or take mode upscale.'
      })
    return
  }
  if (upscale === undefined)
    throw new AppError('bad-message', {
      message: 'request.upscale is missing; mode upscale needs it.',
      hint: 'Send request.upscale, or take another mode.'
    })
  const others = { selection, hires, controls, seamless }
  for (const [field, value] of Object.entries(others))
    if (value !== undefined)
      throw new AppError('bad-message', {
        message: `request.${field} means nothing in mode upscale.`,
        hint: `Leave request.${field} out, or take another mode.`
      })
  const { width, height } = upscaledSize(area, upscale)
  const bytes = width * height * bytesPerPixel('rgba8')
  if (bytes > maxBlobBytes)
    throw new AppError('too-large', {
      message: `The upscaled picture would have ${width} × ${height} pixels, ${bytes} bytes; ${maxBlobBytes} are allowed.`,
      hint: 'Choose a smaller factor.'
    })
}

/** Only what is made from nothing can be made in another form than the area has. */
function checkCover(
  mode: GenerateRequest['mode'],
  { cover, size }: NonNullable<GenerateRequest['hires']>
): void {
  if (cover === undefined) return
  const isLarger = typeof size === 'object' && cover.width >= size.width && cover.height >= size.height
  if (mode === 'txt2img' && isLarger) return
  throw new AppError('bad-message', {
    message: `request.hires.cover (${cover.width} × ${cover.height}) goes with mode txt2img and a request.hires.size that it covers.`,
    hint: 'Leave it out, or make it larger than request.hires.size on both sides.'
  })
}
