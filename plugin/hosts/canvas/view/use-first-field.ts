import { useEffect, useRef, type RefObject } from 'react'

/**
 * What is around a dialog's fields: the first of them has the focus from the start. The dialog's own way gives up for screen
 * readers, for the page behind it has lost the focus by then.
 */
export function useFirstField(): RefObject<HTMLDivElement | null> {
  const around = useRef<HTMLDivElement>(null)
  useEffect(() => around.current?.querySelector('input')?.focus(), [])
  return around
}
