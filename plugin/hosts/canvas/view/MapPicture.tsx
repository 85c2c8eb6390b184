import { useEffect, useRef, type JSX } from 'react'
import type { RgbaImage } from '../../host.ts'

interface MapPictureProps {
  readonly map: RgbaImage | null
  /** Another one is being made. */
  readonly isOld: boolean
}

/** A quick look at a map. */
export function MapPicture({ map, isOld }: MapPictureProps): JSX.Element {
  const element = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const target = element.current
    if (target === null || map === null) return
    target.width = map.width
    target.height = map.height
    target.getContext('2d')?.putImageData(new ImageData(map.data, map.width, map.height), 0, 0)
  }, [map])
  return (
    <canvas
      ref={element}
      className="map-picture"
      role="img"
      aria-label="Preview of the map"
      aria-busy={isOld}
      width={1}
      height={1}
    />
  )
}
