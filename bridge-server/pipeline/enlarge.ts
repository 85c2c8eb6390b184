import { cropRgba } from '../image/crop.ts'
import { createMosaic, fadesOf } from '../image/mosaic.ts'
import type { Rgba } from '../image/pixels.ts'
import { padded } from '../image/pad.ts'
import { resizeGray, resizeRgba } from '../image/resize.ts'
import { toPixels, toTensor } from '../image/tensor-pixels.ts'
import type { Rect, Size } from '../protocol/geometry.ts'
import type { Models, Upscaler } from '../runtime/model.ts'
import { spans } from '../runtime/tiles.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface Enlarging {
  readonly models: Models
  readonly signal: AbortSignal
  /** Told before each tile of a network, and at the end: tiles done, of all. */
  readonly onTile?: (done: number, tiles: number) => void
}

/** A network is applied to its own result so often at most. */
const MOST_TIMES = 3
/** Pixels of the input that neighbouring tiles share. */
const OVERLAP = 16

/**
 * A picture of another size, at least as large: by a filter, or by a network as often as is needed and by Lanczos from there, as
 * the web UI does it. A network sees only colours; opacity is resized. In memory are 8-bit pictures and one tile at a time.
 * Throws what opening the upscaler throws, and the signal's reason at most a tile after it was aborted.
 */
export async function enlarged(
  picture: Rgba,
  size: Size,
  upscaler: string,
  { models, signal, onTile = () => undefined }: Enlarging
): Promise<Rgba> {
  if (upscaler === 'lanczos' || upscaler === 'nearest') return resizeRgba(picture, size, upscaler)
  const network = await models.upscaler(upscaler)
  const sizes = sizesOnTheWay(picture, size, network)
  const layouts = sizes.map((each) => layoutOf(each, network))
  const tiles = layouts.reduce((sum, layout) => sum + layout.length, 0)
  let done = 0
  let larger = picture
  for (const layout of layouts)
    larger = await through(network, larger, layout, () => {
      signal.throwIfAborted()
      onTile(done++, tiles)
    })
  onTile(tiles, tiles)
  return withAlpha(resizeRgba(larger, size, 'lanczos'), picture)
}

/** What a network is given, until what it makes is large enough. One that does not enlarge is given the picture once. */
function sizesOnTheWay({ width, height }: Size, to: Size, { scale }: Upscaler): readonly Size[] {
  const sizes: Size[] = []
  for (let factor = 1; sizes.length < MOST_TIMES; factor *= scale) {
    const isEnough = width * factor >= to.width && height * factor >= to.height
    if (isEnough && (sizes.length > 0 || scale > 1)) break
    sizes.push({ width: width * factor, height: height * factor })
    if (scale === 1) break
  }
  return sizes
}

/** The tiles of a picture whose sides are rounded up to what the network takes. */
function layoutOf({ width, height }: Size, { multiple, tile }: Upscaler): readonly Rect[] {
  const along = (length: number) =>
    spans(Math.ceil(length / multiple), Math.floor(tile / multiple), OVERLAP / multiple)
  return along(height).flatMap((rows) =>
    along(width).map((columns) => ({
      x: columns.start * multiple,
      y: rows.start * multiple,
      width: (columns.end - columns.start) * multiple,
      height: (rows.end - rows.start) * multiple
    }))
  )
}

async function through(
  network: Upscaler,
  picture: Rgba,
  tiles: readonly Rect[],
  onTile: () => void
): Promise<Rgba> {
  const { scale } = network
  const end = tiles.at(-1)!
  const source = padded(picture, { width: end.x + end.width, height: end.y + end.height })
  const mosaic = createMosaic({ width: source.width * scale, height: source.height * scale })
  const places = tiles.map((tile) => scaled(tile, scale))
  const fades = fadesOf(places)
  for (const [i, tile] of tiles.entries()) {
    onTile()
    const made = await network.enlarge(toUnit(toTensor(cropRgba(source, tile))))
    mosaic.lay(toPixels(fromUnit(made)), places[i]!, fades[i]!)
  }
  return source === picture
    ? mosaic.picture
    : cropRgba(mosaic.picture, scaled({ x: 0, y: 0, ...sizeOf(picture) }, scale))
}

const sizeOf = ({ width, height }: Size): Size => ({ width, height })

const scaled = ({ x, y, width, height }: Rect, factor: number): Rect => ({
  x: x * factor,
  y: y * factor,
  width: width * factor,
  height: height * factor
})

const toUnit = ({ data, dims }: Tensor): Tensor => ({ data: data.map((value) => (value + 1) / 2), dims })
const fromUnit = ({ data, dims }: Tensor): Tensor => ({ data: data.map((value) => 2 * value - 1), dims })

/** Opaque colours with the opacity of another picture, resized. */
export function withAlpha(colours: Rgba, original: Rgba): Rgba {
  const alpha = new Uint8Array(original.width * original.height)
  for (let i = 0; i < alpha.length; i++) alpha[i] = original.data[4 * i + 3]!
  if (alpha.every((value) => value === 255)) return colours
  const { data } = resizeGray({ ...original, data: alpha }, colours, 'lanczos')
  for (let i = 0; i < data.length; i++) colours.data[4 * i + 3] = data[i]!
  return colours
}
