import { useEffect, useState } from 'react'
import type { RgbaImage } from '../../host.ts'
import type { ControlKit, MapWish } from '../control-kit.ts'

/** Longer side of a quick look, in pixels. */
const PREVIEW_SIDE = 512
/** Milliseconds after the last change before a map is asked for. */
const REST = 150

export interface MapPreview {
  /** The last map that came; it stays while another is made. */
  readonly map: RgbaImage | null
  readonly problem: string | null
  /** What `map` or `problem` is about; another: a map is being made. */
  readonly of: MapWish | null
}

/** A small map of the picture for the wish, made anew when that is another; what is no longer wanted is cancelled. */
export function useMapPreview(kit: ControlKit, picture: RgbaImage, wish: MapWish): MapPreview {
  const [preview, setPreview] = useState<MapPreview>({ map: null, problem: null, of: null })
  const { makeMap } = kit
  useEffect(() => {
    const stop = new AbortController()
    const timer = setTimeout(() => {
      makeMap(picture, { ...wish, side: PREVIEW_SIDE }, stop.signal).then(
        (map) => setPreview({ map, problem: null, of: wish }),
        (error: unknown) => {
          if (!stop.signal.aborted) setPreview(({ map }) => ({ map, problem: wordsOf(error), of: wish }))
        }
      )
    }, REST)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [makeMap, picture, wish])
  return preview
}

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
