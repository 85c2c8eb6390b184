import type { ModelChoice } from '#protocol/catalogue.ts'
import { modelInForce } from '../app/model-choice.ts'
import { ChoicePicker } from './ChoicePicker.tsx'
import { useActions, useAppState } from './use-app.ts'

const OWN = ''
const nothing: ModelChoice = { prediction: null, vae: null }

/** What a person says of the model in force where its file cannot; remembered by the server. */
export function ModelChoiceFields() {
  const { chooseForModel } = useActions()
  const model = useAppState(modelInForce)
  const vaes = useAppState((state) => state.catalogue?.vaes ?? null)
  if (model === null || vaes === null) return null
  const choice = model.choice ?? nothing
  const choose = (change: Partial<ModelChoice>) => void chooseForModel(model.id, { ...choice, ...change })
  const files = vaes.some(({ id }) => id === choice.vae)
    ? vaes
    : [...vaes, ...(choice.vae === null ? [] : [{ id: choice.vae, label: `${choice.vae} (not there)` }])]
  return (
    <>
      <ChoicePicker
        label={`Prediction of ${model.name}`}
        choices={[
          {
            id: 'automatic',
            label: choice.prediction === null ? `Automatic (${model.prediction})` : 'Automatic'
          },
          { id: 'epsilon', label: 'Epsilon' },
          { id: 'v', label: 'V' }
        ]}
        value={choice.prediction ?? 'automatic'}
        onChange={(id) => choose({ prediction: id === 'epsilon' || id === 'v' ? id : null })}
      />
      <ChoicePicker
        label={`VAE of ${model.name}`}
        choices={[{ id: OWN, label: 'The model’s own' }, ...files]}
        value={choice.vae ?? OWN}
        onChange={(id) => choose({ vae: id === OWN ? null : id })}
      />
    </>
  )
}
