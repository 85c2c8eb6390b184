import type { JSX, Key } from 'react'
import { ActionButton, Item, Keyboard, Menu, MenuTrigger, Text } from '../../../ui/controls.tsx'
import { commandNamed } from './all-commands.ts'
import { Drawing } from './icons.tsx'
import { shownKey } from './keys.ts'
import { useEditor, useEditorState } from './use-editor.ts'

const entries = [
  'select-all',
  'deselect',
  'invert',
  'feather',
  'select-empty',
  'add-mask',
  'automatic-area'
].map(commandNamed)

/** What to do with the selection, for who does not know the shortcuts. */
export function SelectionMenu(): JSX.Element {
  const editor = useEditor()
  // A string, for a new list every time would draw the menu without end.
  const idle = useEditorState((state) =>
    entries
      .filter(({ can }) => !can(state))
      .map(({ id }) => id)
      .join(' ')
  )
  return (
    <MenuTrigger>
      <ActionButton isQuiet>
        <Drawing name="selection" />
        <Text>Select</Text>
      </ActionButton>
      <Menu
        aria-label="Selection"
        disabledKeys={idle.split(' ')}
        onAction={(key: Key) => commandNamed(String(key)).run(editor)}
      >
        {entries.map((command) => {
          const key = shownKey(command)
          return (
            <Item key={command.id} textValue={command.label}>
              <Text>{command.label}</Text>
              {key === null ? null : <Keyboard>{key}</Keyboard>}
            </Item>
          )
        })}
      </Menu>
    </MenuTrigger>
  )
}
