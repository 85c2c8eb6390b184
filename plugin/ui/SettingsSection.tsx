import { MAX_COUNT, themes } from '../app/settings.ts'
import {
  Disclosure,
  DisclosurePanel,
  DisclosureTitle,
  Item,
  NumberField,
  Picker,
  Switch
} from './controls.tsx'
import { AdvancedFields } from './AdvancedFields.tsx'
import { ModelPicker } from './ModelPicker.tsx'
import { PromptField } from './PromptField.tsx'
import { SamplingFields } from './SamplingFields.tsx'
import { SeedField } from './SeedField.tsx'
import { SizeField } from './SizeField.tsx'
import { useActions, useApp, useAppState } from './use-app.ts'

/** Everything that has a default which works. */
export function SettingsSection() {
  const { change } = useActions()
  const count = useAppState(({ settings }) => settings.count)
  const negativePrompt = useAppState(({ settings }) => settings.negativePrompt)
  const read = useAppState((state) => state.promptsRead)
  const { writesPictures = false, themedBy = 'the system' } = useApp()
  const themeLabels = { system: `As ${themedBy}`, light: 'Light', dark: 'Dark' }
  const watermark = useAppState(({ settings }) => settings.watermark)
  const theme = useAppState(({ settings }) => settings.theme)
  return (
    <Disclosure isQuiet UNSAFE_className="marquee-disclosure">
      <DisclosureTitle>Settings</DisclosureTitle>
      <DisclosurePanel>
        <div className="marquee-section">
          <ModelPicker />
          <NumberField
            label="Variations"
            width="100%"
            minValue={1}
            maxValue={MAX_COUNT}
            value={count}
            onChange={(value) => change({ count: Number.isNaN(value) ? 1 : value })}
          />
          <PromptField
            label="Negative prompt"
            isNegative
            value={negativePrompt}
            onChange={(value) => change({ negativePrompt: value })}
            read={read && { text: read.question.negativePrompt, reading: read.report.negativePrompt }}
          />
          <SeedField />
          <SamplingFields />
          <SizeField />
          <AdvancedFields />
          {writesPictures && (
            <Switch isSelected={watermark} onChange={(isOn) => change({ watermark: isOn })}>
              Invisible watermark in saved pictures
            </Switch>
          )}
          <Picker
            label="Appearance"
            width="100%"
            selectedKey={theme}
            onSelectionChange={(key) => change({ theme: themes.find((known) => known === key) ?? 'system' })}
          >
            {themes.map((id) => (
              <Item key={id}>{themeLabels[id]}</Item>
            ))}
          </Picker>
        </div>
      </DisclosurePanel>
    </Disclosure>
  )
}
