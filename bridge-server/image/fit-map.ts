import type { Size } from '../protocol/geometry.ts'
import type { MapResize } from '../protocol/request.ts'
import type { Gray, Rgba } from './pixels.ts'

/**
 * A map in the form of `area`, to be stretched over it: the whole of it, its middle, or all of it in the middle of black. What is
 * cut or put around is a whole number of the map's pixels.
 */
export function fittedMap<Map extends Rgba | Gray>(
  map: Map,
  area: Size,
  resize: MapResize
): Map | Rgba | Gray {
  if (resize === 'stretch') return map
  const fit = resize === 'crop' ? Math.min : Math.max
  const scale = fit(map.width / area.width, map.height / area.height)
  return middleOf(map, {
    width: Math.max(1, Math.round(area.width * scale)),
    height: Math.max(1, Math.round(area.height * scale))
  })
}

/** The middle of a map of another size; black where it does not reach. */
function middleOf(map: Rgba | Gray, { width, height }: Size): Rgba | Gray {
  const left = Math.floor((map.width - width) / 2)
  const top = Math.floor((map.height - height) / 2)
  const from = Math.max(0, left)
  const count = Math.min(map.width, left + width) - from
  const copy = (target: Uint8Array | Uint8ClampedArray, channels: number): void => {
    for (let y = Math.max(0, top); y < Math.min(map.height, top + height); y++) {
      const start = (y * map.width + from) * channels
      const row = map.data.subarray(start, start + count * channels)
      target.set(row, ((y - top) * width + from - left) * channels)
    }
  }
  if (map.data instanceof Uint8ClampedArray) {
    const data = new Uint8ClampedArray(4 * width * height)
    copy(data, 4)
    return { width, height, data }
  }
  const data = new Uint8Array(width * height)
  copy(data, 1)
  return { width, height, data }
}
