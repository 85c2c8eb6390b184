import { hasStrength } from '../app/intents.ts'
import { isParameters } from '../app/picture-settings.ts'
import { intentInForce } from '../app/state.ts'
import { Button, Keyboard, Text, Tooltip, TooltipTrigger } from './controls.tsx'
import { CustomFields } from './CustomFields.tsx'
import { IntentPicker } from './IntentPicker.tsx'
import { PromptField } from './PromptField.tsx'
import { PromptNetworks } from './PromptNetworks.tsx'
import { StrengthSlider } from './StrengthSlider.tsx'
import { UpscaleFields } from './UpscaleFields.tsx'
import { useActions, useAppState } from './use-app.ts'
import { intentLabels, pressWords } from './wording.ts'

/** The bar a person works from: what they want, in words, and the button. */
export function PromptSection() {
  const { change, generate, offerSettings } = useActions()
  const document = useAppState((state) => state.document)
  const prompt = useAppState(({ settings }) => settings.prompt)
  const read = useAppState((state) => state.promptsRead)
  const intent = useAppState(intentInForce)
  const canGenerate = useAppState(
    ({ document, connection, catalogue }) =>
      document !== null && connection.state === 'online' && catalogue !== null && catalogue.models.length > 0
  )
  return (
    <section aria-label="Prompt and intent" className="marquee-section">
      <PromptField
        label="Prompt"
        value={prompt}
        onChange={(value) => {
          change({ prompt: value })
          if (isParameters(value)) offerSettings({ name: 'This text', parameters: value })
        }}
        read={read && { text: read.question.prompt, reading: read.report.prompt }}
        onSubmit={() => {
          if (canGenerate) void generate()
        }}
      />
      <PromptNetworks />
      <IntentPicker intent={intent} />
      {hasStrength(intent) && <StrengthSlider intent={intent} />}
      {intent === 'custom' && <CustomFields />}
      {intent === 'upscale' && <UpscaleFields />}
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
