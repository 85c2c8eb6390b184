import type { JSX } from 'react'
import type { ControlKind } from '#protocol/request.ts'
import { Item, Picker } from '../../../ui/controls.tsx'

const labels: Readonly<Record<ControlKind, string>> = {
  pose: 'A pose',
  depth: 'Depth',
  'soft-edge': 'Soft edges or scribbles',
  lines: 'Lines or hard edges',
  normal: 'Normals',
  segmentation: 'Segments',
  tile: 'The picture itself (tile)',
  inpaint: 'A picture to fill in'
}

interface MapKindPickerProps {
  readonly kinds: readonly ControlKind[]
  readonly kind: ControlKind | null
  readonly choose: (kind: ControlKind) => void
}

/** What a map shows, for a ControlNet of several kinds, which must be told. */
export function MapKindPicker({ kinds, kind, choose }: MapKindPickerProps): JSX.Element {
  const known = kinds.find((each) => each === kind) ?? null
  return (
    <>
      <Picker
        aria-label="What the map shows"
        width="100%"
        placeholder="Say what the map shows"
        items={kinds.map((id) => ({ id, label: labels[id] }))}
        selectedKey={known}
        onSelectionChange={(key) => {
          const chosen = kinds.find((each) => each === key)
          if (chosen !== undefined && chosen !== kind) choose(chosen)
        }}
      >
        {({ id, label }) => <Item key={id}>{label}</Item>}
      </Picker>
      {known === null && (
        <span className="control-problem">
          This ControlNet is for several kinds of maps and must be told.
        </span>
      )}
    </>
  )
}
