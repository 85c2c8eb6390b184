import { useEffect, useRef, useState } from 'react'
import { useApp } from './use-app.ts'

/** The picture beside an extension's file, fetched when it is scrolled into sight; an empty place until then, and without one. */
export function ExtensionPicture({ id }: { readonly id: string | null }) {
  const { extensionPictures } = useApp()
  const frame = useRef<HTMLSpanElement>(null)
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    if (id === null || extensionPictures === undefined || frame.current === null) return
    let isCurrent = true
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return
      observer.disconnect()
      extensionPictures.of(id).then(
        (made) => {
          if (isCurrent) setUrl(made)
        },
        // The name stands beside it; a picture that cannot be had is none.
        () => {}
      )
    })
    observer.observe(frame.current)
    return () => {
      isCurrent = false
      observer.disconnect()
    }
  }, [id, extensionPictures])
  if (extensionPictures === undefined) return null
  return (
    <span ref={frame} className="marquee-choice-picture">
      {url !== null && <img src={url} alt="" draggable={false} />}
    </span>
  )
}
