import { cropGray, cropRgba } from '../image/crop.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import { resizeGray, resizeRgba } from '../image/resize.ts'
import type { Rect, Size } from '../protocol/geometry.ts'
import type { MappedControl } from './control.ts'
import type { Scene } from './scene.ts'

/** What the model is given at one place of a picture: all of the tile's size. */
export interface TileScene {
  readonly picture: Rgba | null
  /** What may change, and how much; null: everything. */
  readonly mask: Gray | null
  readonly controls: readonly MappedControl[]
}

/** A scene at the size of a pass, in which `picture` takes the place of its own. */
export interface SceneAtSize {
  readonly size: Size
  readonly picture: Rgba | null
  readonly mask: Gray | null
  readonly controls: readonly MappedControl[]
}

export const sceneAtSize = ({ denoise, controls }: Scene, picture: Rgba | null, size: Size): SceneAtSize => ({
  size,
  picture,
  mask: denoise && resizeGray(denoise, size, 'bilinear'),
  controls
})

/** A part of a scene; the whole of it as it is. */
export function tileOf({ size, picture, mask, controls }: SceneAtSize, tile: Rect): TileScene {
  if (tile.width === size.width && tile.height === size.height) return { picture, mask, controls }
  return {
    picture: picture && cropRgba(picture, tile),
    mask: mask && cropGray(mask, tile),
    controls: controls.map(({ control, map, mask: where }) => ({
      control,
      map: isGray(map)
        ? cropGray(resizeGray(map, size, 'lanczos'), tile)
        : cropRgba(resizeRgba(map, size, 'lanczos'), tile),
      mask: where && cropGray(resizeGray(where, size, 'bilinear'), tile)
    }))
  }
}

const isGray = (map: Rgba | Gray): map is Gray => map.data.length === map.width * map.height
