import { offeredIntent } from '../app/document-view.ts'
import { intents, mainIntents, type Intent } from '../app/intents.ts'
import { ActionButton, Item, Menu, MenuTrigger, Text } from './controls.tsx'
import { SegmentedControl } from './SegmentedControl.tsx'
import { useActions, useAppState } from './use-app.ts'
import { intentAbout, intentLabels } from './wording.ts'

const choices = mainIntents.map((id) => ({ id, label: intentLabels[id] }))
const AUTOMATIC = 'automatic'

/** What a person wants. Whatever the document offers by itself is chosen until they choose. */
export function IntentPicker({ intent }: { readonly intent: Intent }) {
  const { change } = useActions()
  return (
    <div className="marquee-intents">
      <SegmentedControl
        label="Intent"
        value={intent}
        choices={choices}
        onChange={(chosen) => change({ intent: chosen })}
      />
      <AllIntents />
    </div>
  )
}

/** Every intent with what it does, and the automatic choice by its name. */
function AllIntents() {
  const { change } = useActions()
  const chosen = useAppState(({ settings }) => settings.intent)
  const document = useAppState((state) => state.document)
  const offered = offeredIntent(document)
  const isFill = offered === 'generate' && document !== null && document.selection !== null
  const items = [
    { id: AUTOMATIC, label: `Automatic: ${isFill ? 'Fill' : intentLabels[offered]}`, about: null },
    ...intents.map((id) => ({ id, label: intentLabels[id], about: intentAbout[id] }))
  ]
  return (
    <MenuTrigger>
      <ActionButton isQuiet aria-label="All intents">
        <Text>⋯</Text>
      </ActionButton>
      <Menu
        aria-label="All intents"
        items={items}
        selectionMode="single"
        selectedKeys={[chosen ?? AUTOMATIC]}
        onAction={(key) => change({ intent: intents.find((id) => id === key) ?? null })}
      >
        {({ id, label, about }) => (
          <Item key={id} textValue={label}>
            <Text>{label}</Text>
            {about === null ? null : <Text slot="description">{about}</Text>}
          </Item>
        )}
      </Menu>
    </MenuTrigger>
  )
}
