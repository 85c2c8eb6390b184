import type { AnnotateRequest } from '#protocol/annotators.ts'
import type { ImageRef } from '#protocol/images.ts'
import type { BridgeClient } from '../client/bridge-client.ts'
import type { RgbaImage } from '../hosts/host.ts'

/** How a map is made; protocol/annotators.ts has the words. */
export type MapWish = Omit<AnnotateRequest, 'image'>

/** Makes the maps of pictures. Rejects with CodedError, or with the signal's reason. */
export type MakeMap = (picture: RgbaImage, wish: MapWish, signal: AbortSignal) => Promise<RgbaImage>

/** A picture is sent once, however many maps are made of it. */
export function createMapMaker(
  client: Pick<BridgeClient, 'describe' | 'upload' | 'annotate' | 'mapPixels'>
): MakeMap {
  const sent = new WeakMap<RgbaImage, Promise<ImageRef>>()

  async function send({ width, height, data }: RgbaImage): Promise<ImageRef> {
    const image = { width, height, data, format: 'rgba8' } as const
    const ref = await client.describe(image)
    await client.upload(ref, image)
    return ref
  }
  function refOf(picture: RgbaImage): Promise<ImageRef> {
    const known = sent.get(picture)
    if (known !== undefined) return known
    const sending = send(picture)
    sent.set(picture, sending)
    // What failed is tried anew the next time.
    sending.catch(() => sent.delete(picture))
    return sending
  }

  return async (picture, wish, signal) => {
    const image = await refOf(picture)
    signal.throwIfAborted()
    const map = await client.annotate({ ...wish, image }, signal)
    const bytes = await client.mapPixels(map)
    signal.throwIfAborted()
    return asRgba(map, bytes)
  }
}

/** Grey becomes an opaque picture. */
function asRgba({ width, height, format }: ImageRef, bytes: Uint8Array<ArrayBuffer>): RgbaImage {
  if (format === 'rgba8') return { width, height, data: new Uint8ClampedArray(bytes.buffer) }
  const data = new Uint8ClampedArray(width * height * 4)
  for (let i = 0; i < bytes.length; i++) {
    data.fill(bytes[i] ?? 0, i * 4, i * 4 + 3)
    data[i * 4 + 3] = 255
  }
  return { width, height, data }
}
