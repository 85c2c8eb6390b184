import { advancedLimits, defaultAdvanced, type AdvancedSettings } from '../app/advanced.ts'
import { defaultEdges } from '../app/edges.ts'
import { modelInForce } from '../app/model-choice.ts'
import { defaultSecondPass } from '../app/second-pass.ts'
import {
  ActionButton,
  Disclosure,
  DisclosurePanel,
  DisclosureTitle,
  NumberField,
  Switch
} from './controls.tsx'
import { EdgeFields } from './EdgeFields.tsx'
import { ChoicePicker } from './ChoicePicker.tsx'
import { ModelChoiceFields } from './ModelChoiceFields.tsx'
import { SecondPassFields } from './SecondPassFields.tsx'
import { useActions, useAppState } from './use-app.ts'
import { VariationSeedFields } from './VariationSeedFields.tsx'

const noiseChoices = [
  { id: 'cpu', label: 'CPU (diffusers, ComfyUI)' },
  { id: 'gpu', label: 'GPU (A1111’s “NV”)' }
] as const
const emphasisChoices = [
  { id: 'original', label: 'Original' },
  { id: 'no-norm', label: 'No norm' },
  { id: 'ignore', label: 'Ignore' },
  { id: 'none', label: 'None: brackets are text' }
] as const

const usual = { advanced: defaultAdvanced, edges: defaultEdges, secondPass: defaultSecondPass }

const isSame = (a: object, b: object): boolean =>
  Object.entries(b).every(([name, value]) => Reflect.get(a, name) === value)

/** What only those touch who know what it is. */
export function AdvancedFields() {
  const { change } = useActions()
  const advanced = useAppState(({ settings }) => settings.advanced)
  const edges = useAppState(({ settings }) => settings.edges)
  const secondPass = useAppState(({ settings }) => settings.secondPass)
  const ownClipSkip = useAppState((state) => modelInForce(state)?.defaults.clipSkip ?? 1)
  const set = (part: Partial<AdvancedSettings>) => change({ advanced: { ...advanced, ...part } })
  const isUsual =
    isSame(advanced, defaultAdvanced) && isSame(edges, defaultEdges) && isSame(secondPass, defaultSecondPass)
  return (
    <Disclosure isQuiet UNSAFE_className="marquee-disclosure">
      <DisclosureTitle>Advanced</DisclosureTitle>
      <DisclosurePanel>
        <div className="marquee-section">
          <ModelChoiceFields />
          <div className="marquee-row">
            <NumberField
              label="Clip skip"
              flex
              minWidth={0}
              minValue={1}
              maxValue={advancedLimits.clipSkip}
              value={advanced.clipSkip ?? ownClipSkip}
              onChange={(value) => set({ clipSkip: Number.isNaN(value) ? null : value })}
            />
            <NumberField
              label="Eta"
              flex
              minWidth={0}
              minValue={0}
              maxValue={advancedLimits.eta}
              step={0.05}
              value={advanced.eta ?? NaN}
              onChange={(value) => set({ eta: Number.isNaN(value) ? null : value })}
            />
          </div>
          <NumberField
            label="Guidance rescale"
            width="100%"
            minValue={0}
            maxValue={1}
            step={0.05}
            value={advanced.guidanceRescale}
            onChange={(value) => set({ guidanceRescale: Number.isNaN(value) ? 0 : value })}
          />
          <Switch
            isSelected={advanced.zeroTerminalSnr}
            onChange={(zeroTerminalSnr) => set({ zeroTerminalSnr })}
          >
            Zero terminal SNR
          </Switch>
          <ChoicePicker
            label="Noise"
            choices={noiseChoices}
            value={advanced.noise ?? 'cpu'}
            onChange={(noise) => set({ noise: noise === 'cpu' ? null : noise })}
          />
          <ChoicePicker
            label="Emphasis"
            choices={emphasisChoices}
            value={advanced.emphasis ?? 'original'}
            onChange={(emphasis) => set({ emphasis: emphasis === 'original' ? null : emphasis })}
          />
          <VariationSeedFields />
          <SecondPassFields />
          <EdgeFields />
          {!isUsual && (
            <ActionButton isQuiet onPress={() => change(usual)}>
              Back to the usual
            </ActionButton>
          )}
        </div>
      </DisclosurePanel>
    </Disclosure>
  )
}
