import { advancedLimits, type AdvancedSettings } from '../app/advanced.ts'
import { modelInForce } from '../app/model-choice.ts'
import { MAX_SEED } from '../app/stored-values.ts'
import { NumberField, Slider, Switch } from './controls.tsx'
import { useActions, useAppState } from './use-app.ts'

const [least, most] = advancedLimits.seedResize

/** A picture a little like another: its noise goes towards that of a second seed, or holds that of another size. */
export function VariationSeedFields() {
  const { change } = useActions()
  const advanced = useAppState(({ settings }) => settings.advanced)
  const native = useAppState((state) => modelInForce(state)?.nativeSize ?? 512)
  const { variationSeed, variationStrength, seedResize } = advanced
  const set = (part: Partial<AdvancedSettings>) => change({ advanced: { ...advanced, ...part } })
  return (
    <>
      <NumberField
        label="Variation seed"
        width="100%"
        hideStepper
        minValue={0}
        maxValue={MAX_SEED}
        formatOptions={{ useGrouping: false, maximumFractionDigits: 0 }}
        value={variationSeed}
        onChange={(value) => set({ variationSeed: Number.isNaN(value) ? 0 : value })}
      />
      <Slider
        label="Variation strength"
        width="100%"
        minValue={0}
        maxValue={1}
        step={0.01}
        formatOptions={{ style: 'percent' }}
        value={variationStrength}
        onChange={(value) => set({ variationStrength: value })}
      />
      <Switch
        isSelected={seedResize !== null}
        onChange={(isOn) => set({ seedResize: isOn ? { width: native, height: native } : null })}
      >
        Resize seed from another size
      </Switch>
      {seedResize !== null && (
        <div className="marquee-row">
          {(['width', 'height'] as const).map((side) => (
            <NumberField
              key={side}
              label={side === 'width' ? 'Seed width' : 'Seed height'}
              flex
              minWidth={0}
              minValue={least}
              maxValue={most}
              step={8}
              value={seedResize[side]}
              onChange={(value) => {
                if (!Number.isNaN(value)) set({ seedResize: { ...seedResize, [side]: value } })
              }}
            />
          ))}
        </div>
      )}
    </>
  )
}
