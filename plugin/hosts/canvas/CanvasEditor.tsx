import { useEffect, type JSX, type ReactNode } from 'react'
import './canvas-editor.css'
import type { ControlKit } from './control-kit.ts'
import type { Editor } from './editor.ts'
import { CanvasView } from './view/CanvasView.tsx'
import { Dialogs } from './view/Dialogs.tsx'
import { EmptyCanvas } from './view/EmptyCanvas.tsx'
import { listenForPictures } from './view/incoming.ts'
import { listenForKeys } from './view/keys.ts'
import { LayerList } from './view/LayerList.tsx'
import { NoticeLine } from './view/NoticeLine.tsx'
import { StatusLine } from './view/StatusLine.tsx'
import { ToolBar } from './view/ToolBar.tsx'
import { ToolOptions } from './view/ToolOptions.tsx'
import { TopBar } from './view/TopBar.tsx'
import { ControlContext } from './view/use-control-kit.ts'
import { EditorContext } from './view/use-editor.ts'

interface CanvasEditorProps {
  readonly editor: Editor
  /** Stands at the right, above the layers; at least 300 CSS pixels wide. */
  readonly panel: ReactNode
  /** What control layers work with; absent on a page without models. */
  readonly controlKit?: ControlKit
  /** Shows a button that changes between light and dark. */
  readonly onThemeToggle?: () => void
}

/** The whole page of the canvas editor. It fills its parent, which must have a height and stand inside a Provider. */
export function CanvasEditor({ editor, panel, controlKit, onThemeToggle }: CanvasEditorProps): JSX.Element {
  useEffect(() => {
    const stops = [listenForKeys(editor), listenForPictures(editor)]
    return () => {
      for (const stop of stops) stop()
    }
  }, [editor])
  return (
    <EditorContext value={editor}>
      <ControlContext value={controlKit ?? null}>
        <div className="canvas-editor">
          <TopBar onThemeToggle={onThemeToggle} />
          <ToolBar />
          <ToolOptions />
          <main className="stage" aria-label="Document">
            <CanvasView />
            <EmptyCanvas />
            <NoticeLine />
          </main>
          <StatusLine />
          <aside className="side" aria-label="Panels">
            <div className="panel">{panel}</div>
            <LayerList />
          </aside>
          <Dialogs />
        </div>
      </ControlContext>
    </EditorContext>
  )
}
