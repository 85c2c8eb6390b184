import type { JSX } from 'react'
import { selectionBounds } from '../document.ts'
import { useEditorState, useShownDocument } from './use-editor.ts'

/** What is open, how large it is, and how large the selection. */
export function StatusLine(): JSX.Element {
  const document = useShownDocument()
  const automatic = useEditorState((state) => state.automaticArea)
  if (document === null) return <footer className="status-line" />
  const bounds = selectionBounds(document)
  const { width, height } = document.canvas
  const seen = document.area ?? automatic
  return (
    <footer className="status-line">
      <span className="status-name">{document.name}</span>
      <span>{`${width} × ${height} px`}</span>
      {bounds === null ? null : (
        <span>{`Selection ${bounds.width} × ${bounds.height} at ${bounds.x}, ${bounds.y}`}</span>
      )}
      {seen === null || (document.area === null && bounds === null) ? null : (
        <span>{`The model sees ${seen.width} × ${seen.height} at ${seen.x}, ${seen.y}`}</span>
      )}
    </footer>
  )
}
