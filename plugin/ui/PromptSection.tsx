import { intentInForce } from '../app/state.ts'
import { Button, Keyboard, Text, TextArea, Tooltip, TooltipTrigger } from './controls.tsx'
import { IntentPicker } from './IntentPicker.tsx'
import { StrengthSlider } from './StrengthSlider.tsx'
import { useActions, useAppState } from './use-app.ts'
import { intentLabels, pressWords } from './wording.ts'

/** The bar a person works from: what they want, in words, and the button. */
export function PromptSection() {
  const { change, generate } = useActions()
  const document = useAppState((state) => state.document)
  const prompt = useAppState(({ settings }) => settings.prompt)
  const intent = useAppState(intentInForce)
  const canGenerate = useAppState(
    ({ document, connection, catalogue }) =>
      document !== null && connection.state === 'online' && catalogue !== null && catalogue.models.length > 0
  )
  return (
    <section aria-label="Prompt and intent" className="marquee-section">
      <TextArea
        label="Prompt"
        width="100%"
        value={prompt}
        onChange={(value) => change({ prompt: value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && canGenerate) void generate()
          else event.continuePropagation()
        }}
      />
      <IntentPicker intent={intent} />
      {(intent === 'refine' || intent === 'depth') && <StrengthSlider intent={intent} />}
      <TooltipTrigger>
        <Button variant="accent" width="100%" isDisabled={!canGenerate} onPress={() => void generate()}>
          {intentLabels[intent]}
        </Button>
        <Tooltip>
          {intentLabels[intent]} <Keyboard>Ctrl+Enter</Keyboard>
        </Tooltip>
      </TooltipTrigger>
      {document !== null && <Text UNSAFE_className="marquee-caption">{pressWords(intent, document)}</Text>}
    </section>
  )
}
