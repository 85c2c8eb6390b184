import { useEffect, useState, type ButtonHTMLAttributes, type Ref } from 'react'
import type { ImageRef } from '#protocol/images.ts'
import { useApp } from './use-app.ts'

interface ThumbnailProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly jobId: string
  readonly image: ImageRef
  /** Accessible name. */
  readonly label: string
  readonly ref?: Ref<HTMLButtonElement>
}

/** A small picture to press. */
export function Thumbnail({ jobId, image, label, ...button }: ThumbnailProps) {
  const { thumbnails } = useApp()
  const [url, setUrl] = useState<string | null>(null)
  const [isMissing, setIsMissing] = useState(false)
  useEffect(() => {
    let isCurrent = true
    thumbnails.of(jobId, image).then(
      (made) => {
        if (isCurrent) setUrl(made)
      },
      () => {
        if (isCurrent) setIsMissing(true)
      }
    )
    return () => {
      isCurrent = false
    }
  }, [thumbnails, jobId, image])
  return (
    <button type="button" aria-label={label} title={label} className="marquee-thumbnail" {...button}>
      {url !== null && <img src={url} alt="" draggable={false} />}
      {isMissing && <span>Not available</span>}
    </button>
  )
}
