import { useEffect, useRef, type JSX } from 'react'
import { ProgressCircle } from '../../../ui/controls.tsx'
import type { RgbaImage } from '../../host.ts'

interface MapPictureProps {
  readonly map: RgbaImage | null
  /** Another one is being made. */
  readonly isBusy: boolean
}

/** A quick look at a map. */
export function MapPicture({ map, isBusy }: MapPictureProps): JSX.Element {
  const element = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const target = element.current
    if (target === null || map === null) return
    target.width = map.width
    target.height = map.height
    target.getContext('2d')?.putImageData(new ImageData(map.data, map.width, map.height), 0, 0)
  }, [map])
  return (
    <div className="map-frame">
      <canvas
        ref={element}
        className="map-picture"
        role="img"
        aria-label="Preview of the map"
        aria-busy={isBusy}
        width={1}
        height={1}
      />
      {isBusy && <ProgressCircle isIndeterminate aria-label="Making the map" UNSAFE_className="map-busy" />}
    </div>
  )
}
