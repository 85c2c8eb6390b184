import { useEffect, useRef, type JSX } from 'react'
import { listenForPointer } from './pointer.ts'
import { startStage } from './stage.ts'
import { useEditor, useEditorState } from './use-editor.ts'

/** The document on the screen. The pointer works on it through the tool in hand. */
export function CanvasView(): JSX.Element {
  const editor = useEditor()
  const name = useEditorState(({ document }) => document?.name ?? null)
  const frame = useRef<HTMLDivElement>(null)
  const picture = useRef<HTMLCanvasElement>(null)
  const overlay = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    if (frame.current === null || picture.current === null || overlay.current === null) return
    const elements = { frame: frame.current, picture: picture.current, overlay: overlay.current }
    const stage = startStage(editor, elements)
    const stopPointer = listenForPointer(editor, elements.frame, stage.point)
    return () => {
      stopPointer()
      stage.stop()
    }
  }, [editor])
  return (
    <div
      ref={frame}
      className="canvas-view"
      role="application"
      aria-label={name === null ? 'Canvas, no document open' : `Canvas of ${name}`}
      tabIndex={0}
    >
      <canvas ref={picture} data-testid="picture" />
      <canvas ref={overlay} />
    </div>
  )
}
