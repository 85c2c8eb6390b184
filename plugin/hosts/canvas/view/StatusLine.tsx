import type { JSX } from 'react'
import { selectionBounds } from '../document.ts'
import { useShownDocument } from './use-editor.ts'

/** What is open, how large it is, and how large the selection. */
export function StatusLine(): JSX.Element {
  const document = useShownDocument()
  if (document === null) return <footer className="status-line" />
  const bounds = selectionBounds(document)
  const { width, height } = document.canvas
  return (
    <footer className="status-line">
      <span className="status-name">{document.name}</span>
      <span>{`${width} × ${height} px`}</span>
      {bounds === null ? null : (
        <span>{`Selection ${bounds.width} × ${bounds.height} at ${bounds.x}, ${bounds.y}`}</span>
      )}
    </footer>
  )
}
