import { useState } from 'react'
import { modelInForce } from '../app/model-choice.ts'
import { ActionButton, DialogContainer, Item, Picker, Text } from './controls.tsx'
import { modelWords } from './model-wording.ts'
import { ModelsDialog } from './ModelsDialog.tsx'
import { useActions, useAppState } from './use-app.ts'

const AUTOMATIC = 'automatic'

/** Which model; by itself, the one that suits what is asked for. */
export function ModelPicker() {
  const { change, refreshModels, openDownloads } = useActions()
  const catalogue = useAppState((state) => state.catalogue)
  const chosen = useAppState(({ settings }) => settings.model)
  const used = useAppState(modelInForce)
  const [isManaging, setIsManaging] = useState(false)
  if (catalogue === null) return null
  const { models, refused } = catalogue
  const isThere = models.some(({ id }) => id === chosen)
  const automatic = { id: AUTOMATIC, name: 'Automatic', words: 'The one that suits what you do' }
  return (
    <>
      <Picker
        label="Model"
        width="100%"
        items={[automatic, ...models.map((model) => ({ ...model, words: modelWords(model) }))]}
        selectedKey={isThere ? chosen : AUTOMATIC}
        onSelectionChange={(key) => change({ model: key === AUTOMATIC || key === null ? null : String(key) })}
      >
        {({ id, name, words }) => (
          <Item key={id} textValue={name}>
            <Text>{name}</Text>
            <Text slot="description">{words}</Text>
          </Item>
        )}
      </Picker>
      {used !== null && (
        <Text UNSAFE_className="marquee-caption">
          {used.id === chosen ? modelWords(used) : `Used now: ${used.name}, ${modelWords(used)}`}
        </Text>
      )}
      {refused.length > 0 && (
        <Text UNSAFE_className="marquee-caption">
          {refused.length === 1 ? '1 file cannot be used' : `${refused.length} files cannot be used`}; see
          Manage models.
        </Text>
      )}
      <div className="marquee-row marquee-wrap">
        <ActionButton isQuiet onPress={() => setIsManaging(true)}>
          Manage models
        </ActionButton>
        <ActionButton isQuiet onPress={() => openDownloads()}>
          Download
        </ActionButton>
        <ActionButton isQuiet onPress={() => void refreshModels()}>
          Refresh
        </ActionButton>
      </div>
      <DialogContainer onDismiss={() => setIsManaging(false)}>
        {isManaging && <ModelsDialog onClose={() => setIsManaging(false)} />}
      </DialogContainer>
    </>
  )
}
