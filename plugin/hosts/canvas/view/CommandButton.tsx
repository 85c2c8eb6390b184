import type { JSX } from 'react'
import { ActionButton, Tooltip, TooltipTrigger } from '../../../ui/controls.tsx'
import { commandNamed } from './all-commands.ts'
import { Drawing, type DrawingName } from './icons.tsx'
import { shownKey } from './keys.ts'
import { useEditor, useEditorState } from './use-editor.ts'

interface CommandButtonProps {
  readonly command: string
  readonly icon: DrawingName
  /** Where the command's own words are too many for a button. */
  readonly label?: string
}

/** A command as an icon, its words and shortcut in the tooltip. */
export function CommandButton({ command, icon, label }: CommandButtonProps): JSX.Element {
  const editor = useEditor()
  const found = commandNamed(command)
  const can = useEditorState(found.can)
  const words = label ?? found.label
  const key = shownKey(found)
  return (
    <TooltipTrigger delay={400}>
      <ActionButton isQuiet aria-label={words} isDisabled={!can} onPress={() => found.run(editor)}>
        <Drawing name={icon} />
      </ActionButton>
      <Tooltip>{key === null ? words : `${words} (${key})`}</Tooltip>
    </TooltipTrigger>
  )
}
