import type { Rect } from '../../../bridge-server/protocol/geometry.ts'
import type { ImageData } from '../../../plugin/hosts/photoshop/photoshop-api.ts'
import { depthOf, type Samples } from './document-state.ts'
import { onlyKeys, strict } from './strict.ts'
import { measureBuffer, type World } from './world.ts'

/** What lies behind an image of the plugin's. */
export interface Held {
  readonly samples: Samples
  readonly width: number
  readonly height: number
  readonly components: number
  readonly colorSpace: string
  readonly colorProfile: string
}

/** More than this at once makes Photoshop complain about its plugin. */
const memoryLimit = 600 * 1024 * 1024

/** The images that the plugin holds: made, given out, disposed of; and how many bytes that is at once. */
export function createImages(world: World) {
  const contents = new WeakMap<object, Held>()

  function imageOf(held: Held): ImageData {
    const { samples, width, height, components } = held
    const { images } = world
    images.live++
    images.made++
    images.bytes += samples.byteLength
    images.largest = Math.max(images.largest, samples.byteLength)
    measureBuffer(world, 'an image', samples.byteLength)
    if (images.bytes > memoryLimit) world.faults.push(`${images.bytes} bytes of images at once`)
    let isDisposed = false
    const depth = depthOf(samples)
    const image = strict('imageData', {
      ...{ width, height, components, componentSize: depth },
      ...{ colorSpace: held.colorSpace, colorProfile: held.colorProfile, hasAlpha: components % 2 === 0 },
      isChunky: true,
      type: 'image/uncompressed',
      getData(options: { readonly chunky: boolean }) {
        onlyKeys('getData', options, [], ['chunky', 'fullRange'])
        if (isDisposed) return Promise.reject(new Error('The image data was disposed'))
        return Promise.resolve(samples.slice())
      },
      dispose() {
        if (isDisposed) return
        isDisposed = true
        contents.delete(image)
        images.live--
        images.bytes -= samples.byteLength
      }
    }) as unknown as ImageData
    contents.set(image, held)
    return image
  }

  function heldBy(image: unknown): Held {
    const held = typeof image === 'object' && image !== null ? contents.get(image) : undefined
    if (held === undefined) throw new Error('imageData is not an image, or was disposed')
    return held
  }

  return { imageOf, heldBy }
}

export const heldOf = (
  samples: Samples,
  { width, height }: Rect,
  components: number,
  colorSpace: string,
  colorProfile: string
): Held => ({
  ...{ samples, width, height, components, colorSpace, colorProfile }
})
