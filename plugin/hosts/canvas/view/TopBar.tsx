import type { JSX } from 'react'
import {
  ActionButton,
  Item,
  Menu,
  MenuTrigger,
  Text,
  Tooltip,
  TooltipTrigger
} from '../../../ui/controls.tsx'
import { openSample, samples } from '../samples.ts'
import { CommandButton } from './CommandButton.tsx'
import { Drawing } from './icons.tsx'
import { SelectionMenu } from './SelectionMenu.tsx'
import { useEditor, useEditorState } from './use-editor.ts'

interface TopBarProps {
  /** Between light and dark; left out where the page has no say in it. */
  readonly onThemeToggle: (() => void) | undefined
}

/** What concerns the whole document and the view of it. */
export function TopBar({ onThemeToggle }: TopBarProps): JSX.Element {
  return (
    <header className="top-bar">
      <h1 className="wordmark">Marquee</h1>
      <div className="bar-group" role="group" aria-label="File">
        <CommandButton command="new" icon="new" />
        <CommandButton command="open" icon="open" />
        <SampleMenu />
        <CommandButton command="save" icon="save" />
        <CommandButton command="close" icon="close" />
      </div>
      <div className="bar-group" role="group" aria-label="History">
        <UndoButton command="undo" />
        <UndoButton command="redo" />
      </div>
      <div className="bar-group">
        <SelectionMenu />
      </div>
      <div className="bar-group bar-end" role="group" aria-label="View">
        <CommandButton command="zoom-out" icon="zoom-out" />
        <ZoomLevel />
        <CommandButton command="zoom-in" icon="zoom-in" />
        <CommandButton command="fit" icon="fit" />
        <CommandButton command="shortcuts" icon="keyboard" />
        {onThemeToggle === undefined ? null : (
          <TooltipTrigger delay={400}>
            <ActionButton isQuiet aria-label="Light or dark" onPress={onThemeToggle}>
              <Drawing name="theme" />
            </ActionButton>
            <Tooltip>Light or dark</Tooltip>
          </TooltipTrigger>
        )}
      </div>
    </header>
  )
}

/** The tooltip says what would be undone. */
function UndoButton({ command }: { readonly command: 'undo' | 'redo' }): JSX.Element {
  const step = useEditorState(({ history }) =>
    command === 'undo' ? history.past.at(-1)?.name : history.future.at(-1)?.name
  )
  const words = command === 'undo' ? 'Undo' : 'Redo'
  const label = step === undefined ? words : `${words}: ${step}`
  return <CommandButton command={command} icon={command} label={label} />
}

function SampleMenu(): JSX.Element {
  const editor = useEditor()
  const open = (index: number): void => {
    const sample = samples[index]
    if (sample !== undefined) void openSample(editor, sample)
  }
  return (
    <MenuTrigger>
      <ActionButton isQuiet aria-label="Open sample">
        <Drawing name="picture" />
      </ActionButton>
      <Menu aria-label="Samples" onAction={(key) => open(Number(key))}>
        {samples.map(({ name }, index) => (
          <Item key={index}>{name}</Item>
        ))}
      </Menu>
    </MenuTrigger>
  )
}

function ZoomLevel(): JSX.Element {
  const editor = useEditor()
  const scale = useEditorState(({ view }) => view.scale)
  const percent = scale * 100
  return (
    <TooltipTrigger delay={400}>
      <ActionButton isQuiet minWidth="size-800" aria-label="Actual pixels" onPress={() => editor.view.to(1)}>
        <Text>{`${percent < 10 ? percent.toFixed(1) : Math.round(percent)}%`}</Text>
      </ActionButton>
      <Tooltip>Actual pixels (Ctrl+1)</Tooltip>
    </TooltipTrigger>
  )
}
