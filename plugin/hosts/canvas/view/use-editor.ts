import { createContext, useContext } from 'react'
import { useStore } from 'zustand'
import type { CanvasDocument } from '../document.ts'
import type { Editor } from '../editor.ts'
import { shownDocument, type EditorState } from '../editor-state.ts'

export const EditorContext = createContext<Editor | null>(null)

/** The editor of the page. */
export function useEditor(): Editor {
  const editor = useContext(EditorContext)
  if (editor === null) throw new Error('Bug: a part of the canvas editor is outside of it')
  return editor
}

/** A part of the editor's state; the component draws again when it is another value. */
export const useEditorState = <A>(part: (state: EditorState) => A): A => useStore(useEditor().store, part)

/** The document as it is on the screen, or null where none is open. */
export const useShownDocument = (): CanvasDocument | null => useEditorState(shownDocument)
