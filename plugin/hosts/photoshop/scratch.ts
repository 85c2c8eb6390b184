import { SRGB } from './documents.ts'
import type {
  ColorSpace,
  Document,
  ExecutionContext,
  Imaging,
  Layer,
  Photoshop,
  Samples
} from './photoshop-api.ts'

/** The side of a scratch document, in pixels. */
export const SIZE = 200
export const whole = { left: 0, top: 0, right: SIZE, bottom: SIZE }

export interface Scratch {
  readonly photoshop: Photoshop
  readonly document: Document
  readonly layer: Layer
}

/** A document that is closed with the scope, and one empty layer in it. */
export async function inScratch<T>(
  photoshop: Photoshop,
  context: ExecutionContext,
  depth: 8 | 16,
  colorSpace: ColorSpace,
  look: (scratch: Scratch) => Promise<T>
): Promise<T> {
  const { app, constants } = photoshop
  const isGrey = colorSpace === 'Grayscale'
  const document = await app.createDocument({
    ...{ name: 'Marquee diagnostics', width: SIZE, height: SIZE, resolution: 72, depth },
    mode: isGrey ? constants.NewDocumentMode.GRAYSCALE : constants.NewDocumentMode.RGB,
    fill: constants.DocumentFill.TRANSPARENT,
    profile: isGrey ? 'Gray Gamma 2.2' : SRGB
  })
  await context.hostControl.registerAutoCloseDocument(document.id)
  const layer = await document.createPixelLayer({ name: 'scratch' })
  if (layer === null) throw new Error('Photoshop made no layer')
  return look({ photoshop, document, layer })
}

/** Of the layer alone. Whoever gets the image disposes of it. */
export const getPixels = (
  { photoshop, document, layer }: Scratch,
  more: { readonly componentSize?: 8 } = {}
) => photoshop.imaging.getPixels({ documentID: document.id, layerID: layer.id, sourceBounds: whole, ...more })

/** Takes the samples out and disposes of the image. */
export async function samplesOf(
  imageData: Awaited<ReturnType<Imaging['createImageDataFromBuffer']>>
): Promise<Samples> {
  try {
    return await imageData.getData({ chunky: true })
  } finally {
    imageData.dispose()
  }
}

/** A square of samples at the top-left corner of the layer. */
export async function put(
  { photoshop, document, layer }: Scratch,
  samples: Samples,
  side: number,
  components: number,
  colorSpace: ColorSpace
): Promise<void> {
  const options = { width: side, height: side, components, colorSpace, colorProfile: SRGB, chunky: true }
  const imageData = await photoshop.imaging.createImageDataFromBuffer(samples, options)
  try {
    const target = { documentID: document.id, layerID: layer.id, replace: true }
    await photoshop.imaging.putPixels({ ...target, imageData, targetBounds: { left: 0, top: 0 } })
  } finally {
    imageData.dispose()
  }
}

/** A mask from the top-left corner on. */
export async function putMask(
  { photoshop, document, layer }: Scratch,
  samples: Samples,
  side = SIZE
): Promise<void> {
  const imageData = await photoshop.imaging.createImageDataFromBuffer(samples, {
    ...{ width: side, height: side, components: 1, colorSpace: 'Grayscale', chunky: true },
    colorProfile: 'Gray Gamma 2.2'
  })
  try {
    const target = { documentID: document.id, layerID: layer.id, replace: true }
    await photoshop.imaging.putLayerMask({ ...target, imageData, targetBounds: { left: 0, top: 0 } })
  } finally {
    imageData.dispose()
  }
}

export async function readMask({ photoshop, document, layer }: Scratch): Promise<Samples> {
  const { imageData } = await photoshop.imaging.getLayerMask({
    documentID: document.id,
    layerID: layer.id,
    sourceBounds: whole
  })
  return samplesOf(imageData)
}
