import { useEffect, useRef, useState, type DragEvent, type JSX, type KeyboardEvent } from 'react'
import type { Size } from '#protocol/geometry.ts'
import { ActionButton, Tooltip, TooltipTrigger } from '../../../ui/controls.tsx'
import { activateLayer, changeLayer } from '../layer-edits.ts'
import type { ControlSettings } from '../layer-role.ts'
import type { Layer, LayerMask } from '../layer.ts'
import { Drawing } from './icons.tsx'
import { LayerThumbnail } from './LayerThumbnail.tsx'
import { useEditor } from './use-editor.ts'

interface LayerRowProps {
  readonly layer: Layer
  readonly canvas: Size
  /** What of this layer brushes paint into; null where it is not the active one. */
  readonly active: 'pixels' | 'mask' | null
  readonly isDropTarget: boolean
  readonly drag: RowDrag
}

interface RowDrag {
  readonly start: () => void
  readonly over: () => void
  readonly drop: () => void
  readonly end: () => void
}

/** One layer: its eye, pictures of its pixels and mask, its name. */
export function LayerRow({ layer, canvas, active, isDropTarget, drag }: LayerRowProps): JSX.Element {
  const editor = useEditor()
  const activate = (editing: 'pixels' | 'mask'): void => editor.adjust(activateLayer(layer.id, editing))
  const classes = ['layer-row', active === null ? '' : 'is-active', isDropTarget ? 'is-drop-target' : '']
  return (
    <li
      className={classes.join(' ')}
      aria-current={active !== null}
      draggable
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = 'move'
        event.dataTransfer.setData('text/plain', layer.name)
        drag.start()
      }}
      onDragOver={(event: DragEvent) => {
        event.preventDefault()
        drag.over()
      }}
      onDrop={(event) => {
        if (event.dataTransfer.files.length > 0) return
        event.preventDefault()
        drag.drop()
      }}
      onDragEnd={drag.end}
    >
      <VisibilityButton layer={layer} />
      <LayerThumbnail
        label={`Edit pixels of ${layer.name}`}
        {...{ canvas, layer }}
        plane={layer.pixels}
        isActive={active === 'pixels'}
        onPress={() => activate('pixels')}
      />
      {layer.mask === null ? null : (
        <MaskPart layer={layer} mask={layer.mask} canvas={canvas} isActive={active === 'mask'} />
      )}
      {layer.role.kind === 'excluded' && (
        <span className="layer-badge" title="The model does not see this layer">
          Not seen
        </span>
      )}
      {layer.role.kind === 'control' && <ControlSwitch layer={layer} settings={layer.role} />}
      <LayerName layer={layer} onPress={() => activate(active ?? 'pixels')} />
    </li>
  )
}

/** Off, a map guides nothing, and keeps its settings. */
function ControlSwitch({
  layer: { id, name },
  settings
}: {
  readonly layer: Layer
  readonly settings: ControlSettings
}): JSX.Element {
  const editor = useEditor()
  const { isOn } = settings
  const words = isOn ? 'Turn control off' : 'Turn control on'
  return (
    <button
      type="button"
      className={`layer-badge layer-switch ${isOn ? 'is-on' : ''}`}
      aria-label={`Guide by ${name}`}
      aria-pressed={isOn}
      title={words}
      onClick={() =>
        editor.apply(words, changeLayer(id, { role: { ...settings, kind: 'control', isOn: !isOn } }))
      }
    >
      {isOn ? 'Guides' : 'Off'}
    </button>
  )
}

function VisibilityButton({ layer: { id, name, visible } }: { readonly layer: Layer }): JSX.Element {
  const editor = useEditor()
  return (
    <ActionButton
      isQuiet
      aria-label={`${visible ? 'Hide' : 'Show'} ${name}`}
      onPress={() =>
        editor.apply(visible ? 'Hide layer' : 'Show layer', changeLayer(id, { visible: !visible }))
      }
    >
      <Drawing name={visible ? 'eye' : 'eye-off'} />
    </ActionButton>
  )
}

interface MaskPartProps {
  readonly layer: Layer
  readonly mask: LayerMask
  readonly canvas: Size
  readonly isActive: boolean
}

/** A press edits the mask; with Shift it turns it off or on, and the button beside it does so too. */
function MaskPart({ layer, mask, canvas, isActive }: MaskPartProps): JSX.Element {
  const editor = useEditor()
  const toggle = (): void =>
    editor.apply(
      mask.enabled ? 'Turn mask off' : 'Turn mask on',
      changeLayer(layer.id, { mask: { ...mask, enabled: !mask.enabled } })
    )
  const turn = mask.enabled ? 'Turn mask off' : 'Turn mask on'
  return (
    <>
      <LayerThumbnail
        label={`Edit mask of ${layer.name}`}
        {...{ canvas, layer, isActive }}
        plane={mask.plane}
        isOff={!mask.enabled}
        onPress={() => editor.adjust(activateLayer(layer.id, 'mask'))}
        onShiftPress={toggle}
      />
      <TooltipTrigger delay={400}>
        <ActionButton
          isQuiet
          aria-label={`${turn}: ${layer.name}`}
          onPress={toggle}
          UNSAFE_className="mask-switch"
        >
          <Drawing name={mask.enabled ? 'check' : 'close'} />
        </ActionButton>
        <Tooltip>{turn}</Tooltip>
      </TooltipTrigger>
    </>
  )
}

/** A double press or F2 renames. */
function LayerName({ layer, onPress }: { readonly layer: Layer; readonly onPress: () => void }): JSX.Element {
  const editor = useEditor()
  const [isRenaming, setRenaming] = useState(false)
  if (isRenaming)
    return (
      <NameField
        name={layer.name}
        done={(name) => {
          setRenaming(false)
          if (name !== '' && name !== layer.name)
            editor.apply('Rename layer', changeLayer(layer.id, { name }))
        }}
      />
    )
  return (
    <button
      type="button"
      className="layer-name"
      title={`${layer.name} (double-click or F2 to rename)`}
      onClick={onPress}
      onDoubleClick={() => setRenaming(true)}
      onKeyDown={(event) => {
        if (event.key === 'F2') setRenaming(true)
      }}
    >
      {layer.name}
    </button>
  )
}

function NameField({
  name,
  done
}: {
  readonly name: string
  readonly done: (name: string) => void
}): JSX.Element {
  const field = useRef<HTMLInputElement>(null)
  const isCancelled = useRef(false)
  useEffect(() => field.current?.select(), [])
  const onKeyDown = (event: KeyboardEvent): void => {
    isCancelled.current = event.key === 'Escape'
    if (event.key === 'Enter' || event.key === 'Escape') field.current?.blur()
  }
  return (
    <input
      ref={field}
      className="layer-name-field"
      aria-label="Layer name"
      defaultValue={name}
      onKeyDown={onKeyDown}
      onBlur={(event) => done(isCancelled.current ? name : event.target.value.trim())}
    />
  )
}
