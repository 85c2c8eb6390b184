import type { JSX } from 'react'
import { Button, Text } from '../../../ui/controls.tsx'
import { openSample, samples } from '../samples.ts'
import { commandNamed } from './all-commands.ts'
import { Drawing } from './icons.tsx'
import { useEditor, useEditorState } from './use-editor.ts'

/** What to do while nothing is open. */
export function EmptyCanvas(): JSX.Element | null {
  const editor = useEditor()
  const isOpen = useEditorState(({ document }) => document !== null)
  if (isOpen) return null
  const first = samples[0]
  return (
    <div className="empty-canvas">
      <div className="empty-picture">
        <Drawing name="picture" />
      </div>
      <p>Drop a PNG, JPEG or WebP here, or paste one.</p>
      <div className="empty-buttons">
        <Button variant="accent" onPress={() => commandNamed('open').run(editor)}>
          <Text>Open picture…</Text>
        </Button>
        <Button variant="secondary" onPress={() => commandNamed('new').run(editor)}>
          <Text>New document…</Text>
        </Button>
        {first === undefined ? null : (
          <Button variant="secondary" onPress={() => void openSample(editor, first)}>
            <Text>Open sample</Text>
          </Button>
        )}
      </div>
    </div>
  )
}
