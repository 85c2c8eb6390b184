import type { JSX } from 'react'
import type { MapResize } from '#protocol/request.ts'
import { ActionButton, Item, Picker, RangeSlider, Slider } from '../../../ui/controls.tsx'
import type { ControlKit } from '../control-kit.ts'
import { changeLayer } from '../layer-edits.ts'
import type { ControlSettings } from '../layer-role.ts'
import type { Layer } from '../layer.ts'
import { MapKindPicker } from './MapKindPicker.tsx'
import { useControlKit } from './use-control-kit.ts'
import { useEditor, useEditorState } from './use-editor.ts'

interface ControlPropertiesProps {
  readonly layer: Layer
  readonly settings: ControlSettings
}

/** How a ControlNet follows the active layer. */
export function ControlProperties({ layer, settings }: ControlPropertiesProps): JSX.Element {
  const editor = useEditor()
  const kit = useControlKit()
  const document = useEditorState((state) => state.document)
  const edit = (change: Partial<ControlSettings>) =>
    changeLayer(layer.id, { role: { ...settings, ...change, kind: 'control' } })
  const set = (name: string, change: Partial<ControlSettings>): void => editor.apply(name, edit(change))
  const kinds = kit?.nets.find(({ name }) => name === settings.model)?.kinds ?? []
  // A drag is one undo step, and so are presses of arrow keys that follow each other.
  const show = (change: Partial<ControlSettings>): void => {
    if (document !== null) editor.show(edit(change)(document))
  }
  return (
    <div className="control-properties" role="group" aria-label={`Control of ${layer.name}`}>
      <NetPicker kit={kit} model={settings.model} choose={(model) => set('ControlNet', { model })} />
      {kinds.length > 0 && (
        <MapKindPicker
          kinds={kinds}
          kind={settings.mapKind}
          choose={(mapKind) => set('What the map shows', { mapKind })}
        />
      )}
      <Slider
        label="Weight"
        labelPosition="side"
        width="100%"
        minValue={0}
        maxValue={2}
        step={0.05}
        formatOptions={{ maximumFractionDigits: 2 }}
        value={settings.weight}
        onChange={(weight) => show({ weight })}
        onChangeEnd={() => editor.keep('Control weight', `weight ${layer.id}`)}
      />
      <RangeSlider
        label="Steps"
        labelPosition="side"
        width="100%"
        minValue={0}
        maxValue={1}
        step={0.05}
        formatOptions={{ style: 'percent' }}
        value={{ start: settings.start, end: settings.end }}
        onChange={({ start, end }) => show({ start, end })}
        onChangeEnd={() => editor.keep('Control steps', `steps ${layer.id}`)}
      />
      <div className="control-choices">
        <Picker
          aria-label="Where prompt and map disagree"
          isQuiet
          flex
          selectedKey={settings.mode}
          onSelectionChange={(key) => {
            const mode = modes.find(({ id }) => id === key)?.id
            if (mode !== undefined && mode !== settings.mode) set('Control mode', { mode })
          }}
        >
          {modes.map(({ id, label }) => (
            <Item key={id}>{label}</Item>
          ))}
        </Picker>
        <Picker
          aria-label="Fit of the map"
          isQuiet
          flex
          selectedKey={settings.resize ?? AS_IT_LIES}
          onSelectionChange={(key) => {
            const fit = fits.find(({ id }) => id === key)
            if (fit !== undefined && fit.resize !== settings.resize)
              set('Fit of the map', { resize: fit.resize })
          }}
        >
          {fits.map(({ id, label }) => (
            <Item key={id}>{label}</Item>
          ))}
        </Picker>
      </div>
    </div>
  )
}

const modes = [
  { id: 'balanced', label: 'Balanced' },
  { id: 'prompt', label: 'Prompt first' },
  { id: 'control', label: 'Map first' }
] as const

const AS_IT_LIES = 'as-it-lies'
const fits: readonly { readonly id: string; readonly label: string; readonly resize: MapResize | null }[] = [
  { id: AS_IT_LIES, label: 'As it lies', resize: null },
  { id: 'stretch', label: 'Stretched', resize: 'stretch' },
  { id: 'crop', label: 'Cropped', resize: 'crop' },
  { id: 'pad', label: 'Padded', resize: 'pad' }
]

interface NetPickerProps {
  readonly kit: ControlKit | null
  readonly model: string | null
  readonly choose: (model: string) => void
}

/** The ControlNets that go with the model in use, or how to come by one. */
function NetPicker({ kit, model, choose }: NetPickerProps): JSX.Element {
  const nets = kit?.nets ?? []
  const usable = nets.filter(({ unsuited }) => unsuited === null)
  const chosen = nets.find(({ name }) => name === model)
  const problem =
    model === null ? null : chosen === undefined ? 'It is not in your models folders.' : chosen.unsuited
  const items = [
    ...usable.map(({ name }) => ({ name, label: name })),
    ...(model === null || problem === null ? [] : [{ name: model, label: `${model} (cannot be used)` }])
  ]
  return (
    <>
      {items.length > 0 && (
        <Picker
          aria-label="ControlNet"
          width="100%"
          placeholder="Choose a ControlNet"
          items={items}
          selectedKey={model}
          onSelectionChange={(key) => {
            if (key !== null && key !== model) choose(String(key))
          }}
        >
          {({ name, label }) => <Item key={name}>{label}</Item>}
        </Picker>
      )}
      {problem !== null && <span className="control-problem">{problem}</span>}
      {usable.length === 0 && (
        <div className="control-missing">
          <span>No ControlNet for the model in use is there, so this layer guides nothing.</span>
          {kit !== null && <ActionButton onPress={() => kit.download('controlnet')}>Download</ActionButton>}
        </div>
      )}
    </>
  )
}
