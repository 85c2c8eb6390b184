import type { Rect, Size } from '#protocol/geometry.ts'
import type { ImageRef } from '#protocol/images.ts'
import type { GenerateRequest, Mode } from '#protocol/request.ts'
import type { JobResult } from '#protocol/results.ts'
import type { BridgeClient } from '../client/bridge-client.ts'
import { CodedError } from '../client/coded-error.ts'
import { bandsOf } from '../hosts/bands.ts'
import type { BandedImage, MaskImage, NewLayer, RgbaImage } from '../hosts/host.ts'

/** Longest layer name, in characters. */
const NAME_LENGTH = 80

const withoutPrompt: Readonly<Record<Mode, string>> = {
  txt2img: 'Generated',
  inpaint: 'Generated',
  img2img: 'Refined',
  outpaint: 'Expanded',
  depth2img: 'Depth',
  upscale: 'Upscaled'
}

/** A layer is named by its prompt, on one line and cut at a word. */
export function layerName({ prompt, mode }: GenerateRequest): string {
  const words = prompt.replaceAll(/\s+/g, ' ').trim()
  if (words === '') return withoutPrompt[mode]
  if (words.length <= NAME_LENGTH) return words
  const cut = words.slice(0, NAME_LENGTH)
  return `${cut.includes(' ') ? cut.slice(0, cut.lastIndexOf(' ')) : cut}…`
}

/**
 * One variation as a layer: everything the model made, and the compositing mask as its layer mask. What was upscaled lies where
 * its area lies in the document enlarged by the result's `scale`.
 */
export async function variationLayer(
  client: Pick<BridgeClient, 'pixels' | 'pixelBands'>,
  job: { readonly id: string; readonly request: GenerateRequest; readonly result: JobResult },
  variation: number
): Promise<NewLayer> {
  const { area, scale = 1, variations, mask } = job.result
  const chosen = variations[variation]
  if (chosen === undefined)
    throw new CodedError(
      'not-found',
      `The result has ${variations.length} variations, and no number ${variation + 1}.`
    )
  const [pixels, shown] = await Promise.all([
    fetchBands(client, job.id, chosen.pixels),
    mask === undefined ? undefined : fetchMask(client, job.id, mask)
  ])
  return {
    name: layerName(job.request),
    area: enlarged(area, scale, pixels),
    pixels,
    ...(shown === undefined ? {} : { mask: shown })
  }
}

const enlarged = ({ x, y }: Rect, scale: number, { width, height }: BandedImage): Rect => ({
  x: Math.round(x * scale),
  y: Math.round(y * scale),
  width,
  height
})

/** The depth map of a result as an opaque grey layer, near is bright. */
export async function depthLayer(
  client: Pick<BridgeClient, 'pixels'>,
  jobId: string,
  result: JobResult
): Promise<NewLayer> {
  if (result.depth === undefined)
    throw new CodedError('not-found', 'This result was made without a depth map.')
  const { width, height, data } = await fetchMask(client, jobId, result.depth)
  const bands = bandsOf({ x: 0, y: 0, width, height }, 4).map((band) =>
    greyBand(data.subarray(band.y * width, (band.y + band.height) * width), band)
  )
  return { name: 'Depth map', area: result.area, pixels: { width, height, bands } }
}

function greyBand(values: Uint8Array, { width, height }: Size): RgbaImage {
  const data = new Uint8ClampedArray(width * height * 4)
  values.forEach((value, i) => {
    data.fill(value, i * 4, i * 4 + 3)
    data[i * 4 + 3] = 255
  })
  return { width, height, data }
}

async function fetchBands(
  client: Pick<BridgeClient, 'pixelBands'>,
  jobId: string,
  image: ImageRef
): Promise<BandedImage> {
  const { width, height } = image
  const bands = (await client.pixelBands(jobId, image)).map(({ buffer, byteLength }) => ({
    ...{ width, height: byteLength / (width * 4) },
    data: new Uint8ClampedArray(buffer)
  }))
  return { width, height, bands }
}

export async function fetchRgba(
  client: Pick<BridgeClient, 'pixels'>,
  jobId: string,
  image: ImageRef
): Promise<RgbaImage> {
  const { buffer } = await client.pixels(jobId, image)
  return { width: image.width, height: image.height, data: new Uint8ClampedArray(buffer) }
}

export async function fetchMask(
  client: Pick<BridgeClient, 'pixels'>,
  jobId: string,
  image: ImageRef
): Promise<MaskImage> {
  return { width: image.width, height: image.height, data: await client.pixels(jobId, image) }
}
