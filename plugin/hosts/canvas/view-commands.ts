import type { Command } from './commands.ts'
import type { Editor } from './editor.ts'
import type { EditorState } from './editor-state.ts'

/** The smallest and largest brush, in pixels across. */
export const brushSizes = { least: 1, most: 1000 }

const always = (): boolean => true
const isOpen = ({ document }: EditorState): boolean => document !== null

function resizeBrush(editor: Editor, factor: number): void {
  const { brush } = editor.store.getState()
  const step = Math.max(1, Math.round(brush.size * Math.abs(factor)))
  const size = brush.size + Math.sign(factor) * step
  editor.set({ brush: { ...brush, size: Math.max(brushSizes.least, Math.min(brushSizes.most, size)) } })
}

function hardenBrush(editor: Editor, by: number): void {
  const { brush } = editor.store.getState()
  editor.set({ brush: { ...brush, hardness: Math.max(0, Math.min(1, brush.hardness + by)) } })
}

const brush: readonly Command[] = [
  {
    id: 'smaller',
    group: 'Brush',
    label: 'Smaller brush',
    keys: ['['],
    can: always,
    run: (editor) => resizeBrush(editor, -0.15)
  },
  {
    id: 'larger',
    group: 'Brush',
    label: 'Larger brush',
    keys: [']'],
    can: always,
    run: (editor) => resizeBrush(editor, 0.15)
  },
  {
    id: 'softer',
    group: 'Brush',
    label: 'Softer brush',
    keys: ['Shift+['],
    can: always,
    run: (editor) => hardenBrush(editor, -0.25)
  },
  {
    id: 'harder',
    group: 'Brush',
    label: 'Harder brush',
    keys: ['Shift+]'],
    can: always,
    run: (editor) => hardenBrush(editor, 0.25)
  },
  {
    id: 'swap',
    group: 'Brush',
    label: 'Swap colours, and reveal or hide of the mask brush',
    keys: ['X'],
    can: always,
    run: (editor) => {
      const { foreground, background, maskPaint, tool } = editor.store.getState()
      if (tool === 'mask-brush') editor.set({ maskPaint: maskPaint === 'reveal' ? 'hide' : 'reveal' })
      else editor.set({ foreground: background, background: foreground })
    }
  },
  {
    id: 'default-colours',
    group: 'Brush',
    label: 'Black and white',
    keys: ['D'],
    can: always,
    run: (editor) => editor.set({ foreground: [0, 0, 0], background: [255, 255, 255], maskPaint: 'reveal' })
  }
]

const view: readonly Command[] = [
  {
    id: 'zoom-in',
    group: 'View',
    label: 'Zoom in',
    keys: ['Ctrl++', '+', '=', 'Ctrl+='],
    can: isOpen,
    run: (editor) => editor.view.zoom(Math.SQRT2)
  },
  {
    id: 'zoom-out',
    group: 'View',
    label: 'Zoom out',
    keys: ['Ctrl+-', '-'],
    can: isOpen,
    run: (editor) => editor.view.zoom(Math.SQRT1_2)
  },
  {
    id: 'fit',
    group: 'View',
    label: 'Fit in window',
    keys: ['Ctrl+0'],
    can: isOpen,
    run: (editor) => editor.view.fit()
  },
  {
    id: 'actual-size',
    group: 'View',
    label: 'Actual pixels (100%)',
    keys: ['Ctrl+1'],
    can: isOpen,
    run: (editor) => editor.view.to(1)
  },
  {
    id: 'shortcuts',
    group: 'View',
    label: 'Keyboard shortcuts',
    keys: ['?', 'Shift+?'],
    can: always,
    run: (editor) => editor.set({ dialog: 'shortcuts' })
  }
]

export const viewCommands: readonly Command[] = [...brush, ...view]
