import { useState, type JSX } from 'react'
import type { Size } from '#protocol/geometry.ts'
import {
  Button,
  ButtonGroup,
  Content,
  Dialog,
  Divider,
  Heading,
  Item,
  NumberField,
  Picker
} from '../../../ui/controls.tsx'
import { maxEdge, sizeProblem } from '../limits.ts'
import { newDocument, type Ground } from '../new-document.ts'
import { useEditor, useEditorState } from './use-editor.ts'
import { useFirstField } from './use-first-field.ts'

const usual: Size = { width: 512, height: 512 }
const grounds: readonly { readonly id: Ground; readonly label: string }[] = [
  { id: 'white', label: 'White' },
  { id: 'nothing', label: 'Nothing' }
]

/** Asks for the size of a new document, at first that of the present one. */
export function NewDialog({ close }: { readonly close: () => void }): JSX.Element {
  const editor = useEditor()
  const present = useEditorState(({ document }) => document?.canvas)
  const [size, setSize] = useState(present ?? usual)
  const [ground, setGround] = useState<Ground>('white')
  const problem = sizeProblem(size)
  const fields = useFirstField()
  const create = (): void => {
    close()
    editor.open(newDocument(editor, size, ground))
  }
  return (
    <Dialog size="S">
      <Heading>New document</Heading>
      <Divider />
      <Content>
        <div ref={fields} className="new-document">
          <Edge label="Width in pixels" value={size.width} set={(width) => setSize({ ...size, width })} />
          <Edge label="Height in pixels" value={size.height} set={(height) => setSize({ ...size, height })} />
          <Picker
            label="Filled with"
            width="100%"
            selectedKey={ground}
            onSelectionChange={(key) => setGround(grounds.find(({ id }) => id === key)?.id ?? ground)}
          >
            {grounds.map(({ id, label }) => (
              <Item key={id}>{label}</Item>
            ))}
          </Picker>
          {problem !== null && <span className="control-problem">{problem}</span>}
        </div>
      </Content>
      <ButtonGroup>
        <Button variant="secondary" onPress={close}>
          Cancel
        </Button>
        <Button variant="accent" isDisabled={problem !== null} onPress={create}>
          Create
        </Button>
      </ButtonGroup>
    </Dialog>
  )
}

interface EdgeProps {
  readonly label: string
  readonly value: number
  readonly set: (value: number) => void
}

const Edge = ({ label, value, set }: EdgeProps): JSX.Element => (
  <NumberField
    label={label}
    width="100%"
    value={value}
    minValue={1}
    maxValue={maxEdge}
    formatOptions={{ useGrouping: false }}
    onChange={(edge) => {
      if (!Number.isNaN(edge)) set(edge)
    }}
  />
)
