import { zoomedView } from '../view-transform.ts'
import type { Tool } from './tool.ts'

export const hand: Tool = {
  name: 'hand',
  label: 'Hand',
  key: 'H',
  cursor: 'grab',
  begin: (editor, start) => {
    const { view } = editor.store.getState()
    return {
      move: ({ screen }) =>
        editor.view.set({
          ...view,
          x: view.x + Math.round(screen.x - start.screen.x),
          y: view.y + Math.round(screen.y - start.screen.y)
        }),
      finish: () => undefined,
      cancel: () => editor.view.set(view)
    }
  }
}

export const zoom: Tool = {
  name: 'zoom',
  label: 'Zoom',
  key: 'Z',
  cursor: 'zoom-in',
  begin: (editor, { screen, alt }) => {
    editor.view.set(zoomedView(editor.store.getState().view, screen, alt ? 1 / 2 : 2))
    return null
  }
}
