import { useState, type JSX, type KeyboardEvent } from 'react'
import { Item, Picker, Slider } from '../../../ui/controls.tsx'
import { blendModes, type BlendMode } from '../blend.ts'
import { activeLayer, type CanvasDocument } from '../document.ts'
import type { Editor } from '../editor.ts'
import { activateLayer, changeLayer, moveLayer, removeLayer } from '../layer-edits.ts'
import type { Layer } from '../layer.ts'
import { CommandButton } from './CommandButton.tsx'
import { ControlMenu } from './ControlMenu.tsx'
import { ControlProperties } from './ControlProperties.tsx'
import { LayerRow } from './LayerRow.tsx'
import { useEditor, useEditorState, useShownDocument } from './use-editor.ts'

/** The layer stack, top first, with what can be done to the active layer. */
export function LayerList(): JSX.Element {
  const document = useShownDocument()
  const layer = document === null ? null : activeLayer(document)
  return (
    <section className="layers" aria-label="Layers">
      <h2 className="section-title">Layers</h2>
      <LayerProperties layer={layer} />
      {layer?.role.kind === 'control' && <ControlProperties layer={layer} settings={layer.role} />}
      {document === null || document.layers.length === 0 ? (
        <p className="no-layers">
          {document === null ? 'No document is open.' : 'This document has no layers.'}
        </p>
      ) : (
        <LayerRows document={document} />
      )}
      <div className="layer-buttons" role="toolbar" aria-label="Layer actions">
        <CommandButton command="new-layer" icon="plus" />
        <CommandButton command="duplicate" icon="duplicate" label="Duplicate layer" />
        <CommandButton command="add-mask" icon="mask" />
        <CommandButton command="exclude" icon="unseen" />
        <ControlMenu />
        <CommandButton command="merge-down" icon="merge-down" />
        <CommandButton command="delete-layer" icon="trash" />
      </div>
    </section>
  )
}

const blendNames: Record<BlendMode, string> = {
  normal: 'Normal',
  multiply: 'Multiply',
  screen: 'Screen',
  overlay: 'Overlay'
}

function LayerProperties({ layer }: { readonly layer: Layer | null }): JSX.Element {
  const editor = useEditor()
  const document = useEditorState((state) => state.document)
  const setBlend = (blend: BlendMode): void => {
    if (layer !== null && layer.blend !== blend) editor.apply('Blend mode', changeLayer(layer.id, { blend }))
  }
  // A drag of the slider is one undo step, until its end it only shows a draft; so are arrow keys that follow each other.
  const setOpacity = (opacity: number): void => {
    if (layer !== null && document !== null) editor.show(changeLayer(layer.id, { opacity })(document))
  }
  return (
    <div className="layer-properties">
      <Picker
        aria-label="Blend mode"
        isQuiet
        width="size-1200"
        isDisabled={layer === null}
        selectedKey={layer?.blend ?? 'normal'}
        onSelectionChange={(key) => {
          const blend = blendModes.find((mode) => mode === key)
          if (blend !== undefined) setBlend(blend)
        }}
      >
        {blendModes.map((mode) => (
          <Item key={mode}>{blendNames[mode]}</Item>
        ))}
      </Picker>
      <Slider
        label="Opacity"
        labelPosition="side"
        flex
        minValue={0}
        maxValue={1}
        step={0.01}
        formatOptions={{ style: 'percent' }}
        isDisabled={layer === null}
        value={layer?.opacity ?? 1}
        onChange={setOpacity}
        onChangeEnd={() => {
          if (layer !== null) editor.keep('Opacity', `opacity ${layer.id}`)
        }}
      />
    </div>
  )
}

function LayerRows({ document }: { readonly document: CanvasDocument }): JSX.Element {
  const editor = useEditor()
  const [dragged, setDragged] = useState<string | null>(null)
  const [over, setOver] = useState<string | null>(null)
  const drop = (id: string): void => {
    const place = document.layers.findIndex((layer) => layer.id === id)
    if (dragged !== null && dragged !== id) editor.apply('Reorder layers', moveLayer(dragged, place))
    setDragged(null)
    setOver(null)
  }
  return (
    <ul
      className="layer-rows"
      aria-label="Layer stack"
      onKeyDown={(event) => moveByKey(event, editor, document)}
    >
      {document.layers.toReversed().map((layer) => (
        <LayerRow
          key={layer.id}
          layer={layer}
          canvas={document.canvas}
          active={layer.id === document.activeLayerId ? document.editing : null}
          isDropTarget={over === layer.id && dragged !== layer.id}
          drag={{
            start: () => setDragged(layer.id),
            over: () => setOver(layer.id),
            drop: () => drop(layer.id),
            end: () => {
              setDragged(null)
              setOver(null)
            }
          }}
        />
      ))}
    </ul>
  )
}

/** Up and Down walk through the layers, with Alt they move the active one; Delete deletes it. */
function moveByKey(event: KeyboardEvent, editor: Editor, document: CanvasDocument): void {
  if (event.target instanceof HTMLInputElement) return
  const place = document.layers.findIndex(({ id }) => id === document.activeLayerId)
  const layer = document.layers[place]
  const by = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0
  if (layer === undefined || (by === 0 && event.key !== 'Delete')) return
  event.preventDefault()
  event.stopPropagation()
  const next = document.layers[place + by]
  if (by === 0) editor.apply('Delete layer', removeLayer(layer.id))
  else if (event.altKey) editor.apply(by > 0 ? 'Raise layer' : 'Lower layer', moveLayer(layer.id, place + by))
  else if (next !== undefined) editor.adjust(activateLayer(next.id))
}
