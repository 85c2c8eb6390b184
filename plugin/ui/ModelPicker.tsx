import { modelInForce } from '../app/model-choice.ts'
import { Content, ContextualHelp, Heading, Item, Picker, Text } from './controls.tsx'
import { useActions, useAppState } from './use-app.ts'

const AUTOMATIC = 'automatic'

/** Which model; by itself, the one that suits what is asked for. */
export function ModelPicker() {
  const { change } = useActions()
  const catalogue = useAppState((state) => state.catalogue)
  const chosen = useAppState(({ settings }) => settings.model)
  const used = useAppState(modelInForce)
  if (catalogue === null) return null
  const { models, refused } = catalogue
  const isThere = models.some(({ id }) => id === chosen)
  return (
    <>
      <Picker
        label="Model"
        width="100%"
        items={[{ id: AUTOMATIC, name: 'Automatic' }, ...models]}
        selectedKey={isThere ? chosen : AUTOMATIC}
        onSelectionChange={(key) => change({ model: key === AUTOMATIC || key === null ? null : String(key) })}
        contextualHelp={
          refused.length === 0 ? undefined : (
            <ContextualHelp variant="info">
              <Heading>Files that cannot be used</Heading>
              <Content>
                {refused.map(({ id, name, message, hint }) => (
                  <p key={id}>
                    <strong>{name}</strong>: {message} {hint}
                  </p>
                ))}
              </Content>
            </ContextualHelp>
          )
        }
      >
        {({ id, name }) => <Item key={id}>{name}</Item>}
      </Picker>
      {used !== null && used.id !== chosen && (
        <Text UNSAFE_className="marquee-caption">Used now: {used.name}</Text>
      )}
    </>
  )
}
