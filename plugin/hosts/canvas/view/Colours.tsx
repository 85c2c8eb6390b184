import type { JSX } from 'react'
import type { Colour } from '../editor-state.ts'
import { CommandButton } from './CommandButton.tsx'
import { useEditor, useEditorState } from './use-editor.ts'

/** The brush's colour over the spare one. */
export function Colours(): JSX.Element {
  const editor = useEditor()
  const foreground = useEditorState((state) => state.foreground)
  const background = useEditorState((state) => state.background)
  return (
    <div className="colours">
      <div className="colour-wells">
        <input
          type="color"
          className="colour-well background"
          aria-label="Background colour"
          title="Background colour"
          value={hexOf(background)}
          onChange={(event) => editor.set({ background: colourOf(event.target.value) })}
        />
        <input
          type="color"
          className="colour-well foreground"
          aria-label="Foreground colour"
          title="Foreground colour"
          value={hexOf(foreground)}
          onChange={(event) => editor.set({ foreground: colourOf(event.target.value) })}
        />
      </div>
      <CommandButton command="swap" icon="swap" label="Swap colours" />
    </div>
  )
}

const hexOf = (colour: Colour): string =>
  `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`

const colourOf = (hex: string): Colour => {
  const value = Number.parseInt(hex.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}
