import { useState, type JSX } from 'react'
import {
  Button,
  ButtonGroup,
  Content,
  Dialog,
  DialogContainer,
  Divider,
  Heading,
  NumberField
} from '../../../ui/controls.tsx'
import { featherSelection, maxFeather } from '../selection/feather.ts'
import { toolGroups } from '../tools/tools.ts'
import { commands } from './all-commands.ts'
import { MapDialog } from './MapDialog.tsx'
import { NewDialog } from './NewDialog.tsx'
import { useControlKit } from './use-control-kit.ts'
import { useEditor, useEditorState } from './use-editor.ts'
import { useFirstField } from './use-first-field.ts'

/** Whichever dialog is open. */
export function Dialogs(): JSX.Element {
  const editor = useEditor()
  const dialog = useEditorState((state) => state.dialog)
  const document = useEditorState((state) => state.document)
  const kit = useControlKit()
  const close = (): void => editor.set({ dialog: null })
  return (
    <DialogContainer onDismiss={close}>
      {dialog === 'new' ? <NewDialog close={close} /> : null}
      {dialog === 'shortcuts' ? <ShortcutsDialog close={close} /> : null}
      {dialog === 'feather' ? <FeatherDialog close={close} /> : null}
      {dialog === 'map' && kit !== null && document !== null ? (
        <MapDialog kit={kit} document={document} close={close} />
      ) : null}
    </DialogContainer>
  )
}

interface DialogProps {
  readonly close: () => void
}

const gestures: readonly (readonly [string, string])[] = [
  ['Add to selection', 'Shift+drag'],
  ['Subtract from selection', 'Alt+drag'],
  ['Intersect selection', 'Shift+Alt+drag'],
  ['Move layer by 1 pixel (move tool)', 'Arrows'],
  ['Move layer by 10 pixels (move tool)', 'Shift+Arrows'],
  ['Pan', 'Space+drag'],
  ['Zoom', 'Ctrl+wheel'],
  ['Pick a colour (brush)', 'Alt+click']
]

const isNudge = (id: string): boolean => id.startsWith('nudge')

const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ['Tools', toolGroups.flat().map(({ label, key }) => [label, key] as const)],
  ['Pointer and arrows', gestures],
  ...(['File', 'Edit', 'Selection', 'Layer', 'Brush', 'View'] as const).map((group) => {
    const inGroup = commands.filter(
      (command) => command.group === group && command.keys.length > 0 && !isNudge(command.id)
    )
    return [group, inGroup.map(({ label, keys }) => [label, keys[0]!.replace('Arrow', '')] as const)] as const
  })
]

function ShortcutsDialog({ close }: DialogProps): JSX.Element {
  return (
    <Dialog size="L" isDismissable onDismiss={close}>
      <Heading>Keyboard shortcuts</Heading>
      <Divider />
      <Content>
        <div className="shortcuts" role="group" aria-label="All shortcuts" tabIndex={0}>
          {groups.map(([name, rows]) => (
            <section key={name}>
              <h3>{name}</h3>
              <dl>
                {rows.map(([label, key]) => (
                  <div key={label}>
                    <dt>{label}</dt>
                    <dd>
                      <kbd>{key}</kbd>
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
      </Content>
    </Dialog>
  )
}

function FeatherDialog({ close }: DialogProps): JSX.Element {
  const editor = useEditor()
  const fields = useFirstField()
  const [radius, setRadius] = useState(8)
  const feather = (): void => {
    editor.apply('Feather selection', featherSelection(radius))
    close()
  }
  return (
    <Dialog size="S">
      <Heading>Feather selection</Heading>
      <Divider />
      <Content>
        <div ref={fields}>
          <NumberField
            label="Radius in pixels"
            value={radius}
            minValue={1}
            maxValue={maxFeather}
            onChange={setRadius}
          />
        </div>
      </Content>
      <ButtonGroup>
        <Button variant="secondary" onPress={close}>
          Cancel
        </Button>
        <Button variant="accent" onPress={feather}>
          Feather
        </Button>
      </ButtonGroup>
    </Dialog>
  )
}
