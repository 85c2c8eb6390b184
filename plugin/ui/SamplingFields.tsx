import { modelInForce, samplingOf } from '../app/model-choice.ts'
import { ChoicePicker } from './ChoicePicker.tsx'
import { ActionButton, NumberField } from './controls.tsx'
import { useActions, useAppState } from './use-app.ts'

/** How the model is run. What nobody touched follows the model. */
export function SamplingFields() {
  const { change } = useActions()
  const catalogue = useAppState((state) => state.catalogue)
  const settings = useAppState((state) => state.settings)
  const model = useAppState(modelInForce)
  if (catalogue === null || model === null) return null
  const { sampler, schedule, steps, guidance } = samplingOf(settings, model)
  const own = { sampler: null, schedule: null, steps: null, guidance: null }
  const isOwn = Object.entries(own).every(([name]) => Reflect.get(settings, name) === null)
  return (
    <>
      <ChoicePicker
        label="Sampler"
        choices={catalogue.samplers}
        value={sampler}
        onChange={(id) => change({ sampler: id })}
      />
      <ChoicePicker
        label="Schedule"
        choices={catalogue.schedules}
        value={schedule}
        onChange={(id) => change({ schedule: id })}
      />
      <div className="marquee-row">
        <NumberField
          label="Steps"
          flex
          minWidth={0}
          minValue={1}
          maxValue={150}
          value={steps}
          onChange={(value) => change({ steps: Number.isNaN(value) ? null : value })}
        />
        <NumberField
          label="Guidance"
          flex
          minWidth={0}
          minValue={0}
          maxValue={30}
          step={0.1}
          value={guidance}
          onChange={(value) => change({ guidance: Number.isNaN(value) ? null : value })}
        />
      </div>
      {!isOwn && (
        <ActionButton isQuiet onPress={() => change(own)}>
          Back to the model’s own
        </ActionButton>
      )}
    </>
  )
}
