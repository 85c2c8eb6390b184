import { intents, type Intent } from '../app/settings.ts'
import { SegmentedControl } from './SegmentedControl.tsx'
import { useActions } from './use-app.ts'
import { intentLabels } from './wording.ts'

const choices = intents.map((id) => ({ id, label: intentLabels[id] }))

/** What a person wants. Whatever the document offers by itself is chosen until they choose. */
export function IntentPicker({ intent }: { readonly intent: Intent }) {
  const { change } = useActions()
  return (
    <SegmentedControl
      label="Intent"
      value={intent}
      choices={choices}
      onChange={(chosen) => change({ intent: chosen })}
    />
  )
}
