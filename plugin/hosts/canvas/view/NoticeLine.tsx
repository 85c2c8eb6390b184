import type { JSX } from 'react'
import { ActionButton } from '../../../ui/controls.tsx'
import { Drawing } from './icons.tsx'
import { useEditor, useEditorState } from './use-editor.ts'

/** The latest notice, over the canvas, until the person puts it away. Blocks nothing. */
export function NoticeLine(): JSX.Element | null {
  const editor = useEditor()
  const notice = useEditorState((state) => state.notice)
  if (notice === null) return null
  return (
    <div className={`notice notice-${notice.kind}`} role={notice.kind === 'error' ? 'alert' : 'status'}>
      <Drawing name="alert" />
      <span className="notice-text">
        <strong>{notice.message}</strong> {notice.hint}
      </span>
      {notice.offers === 'reopen' ? (
        <ActionButton onPress={() => editor.reopen()}>Reopen</ActionButton>
      ) : null}
      <ActionButton isQuiet aria-label="Close notice" onPress={() => editor.notify(null)}>
        <Drawing name="close" />
      </ActionButton>
    </div>
  )
}
