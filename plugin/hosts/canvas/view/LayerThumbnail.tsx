import { useEffect, useRef, type JSX } from 'react'
import type { Size } from '#protocol/geometry.ts'
import type { Layer } from '../layer.ts'
import type { Plane } from '../plane.ts'
import { thumbnailOf } from '../thumbnail.ts'

interface LayerThumbnailProps {
  readonly label: string
  readonly layer: Layer
  readonly plane: Plane
  readonly canvas: Size
  readonly isActive: boolean
  readonly isOff?: boolean
  readonly onPress: () => void
  readonly onShiftPress?: () => void
}

/** A small picture of a layer's pixels or mask; pressing it chooses what brushes paint into. */
export function LayerThumbnail(props: LayerThumbnailProps): JSX.Element {
  const { label, layer, plane, canvas, isActive, isOff = false, onPress, onShiftPress } = props
  const element = useRef<HTMLCanvasElement>(null)
  const { offset } = layer
  useEffect(() => {
    const target = element.current
    if (target === null) return
    const { width, height, data } = thumbnailOf(plane, canvas, offset)
    target.width = width
    target.height = height
    target.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0)
  }, [plane, canvas, offset])
  return (
    <button
      type="button"
      className={`layer-thumbnail ${isActive ? 'is-active' : ''} ${isOff ? 'is-off' : ''}`}
      aria-label={label}
      aria-pressed={isActive}
      title={onShiftPress === undefined ? label : `${label} (Shift-click turns it off and on)`}
      onClick={(event) => {
        if (event.shiftKey && onShiftPress !== undefined) onShiftPress()
        else onPress()
      }}
    >
      <canvas ref={element} />
    </button>
  )
}
