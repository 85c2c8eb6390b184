import type { CustomSettings } from '../app/intents.ts'
import { fills } from '../app/intents.ts'
import { Switch } from './controls.tsx'
import { ChoicePicker } from './ChoicePicker.tsx'
import { useActions, useAppState } from './use-app.ts'

const fillLabels = {
  none: 'What is there',
  blur: 'Its colours, blurred',
  border: 'The colours around it',
  inpaint: 'Pieces of what is around it',
  neutral: 'Grey, soft at the edge',
  'hard-neutral': 'Grey, up to the edge'
} as const
const USUAL = 'usual'
const fillChoices = [
  { id: USUAL, label: 'As usual' },
  ...fills.map((id) => ({ id, label: fillLabels[id] }))
] as const
const contextChoices = [
  { id: 'around', label: 'The selection and what is around it' },
  { id: 'picture', label: 'The whole picture' }
] as const

/** What the intent Custom leaves to a person. */
export function CustomFields() {
  const { change } = useActions()
  const custom = useAppState(({ settings }) => settings.custom)
  const set = (part: Partial<CustomSettings>) => change({ custom: { ...custom, ...part } })
  return (
    <>
      <ChoicePicker
        label="Start from"
        choices={fillChoices}
        value={custom.fill ?? USUAL}
        onChange={(fill) => set({ fill: fills.find((known) => known === fill) ?? null })}
      />
      <ChoicePicker
        label="The model sees"
        choices={contextChoices}
        value={custom.context}
        onChange={(context) => set({ context })}
      />
      <Switch isSelected={custom.isSeamless} onChange={(isSeamless) => set({ isSeamless })}>
        Seamless: fits its surroundings
      </Switch>
    </>
  )
}
