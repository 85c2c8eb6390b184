import { Slider } from './controls.tsx'
import { useActions, useAppState } from './use-app.ts'

/** How much may change, for the intents that start from the picture. */
export function StrengthSlider({ intent }: { readonly intent: 'refine' | 'depth' | 'custom' }) {
  const { change } = useActions()
  const strength = useAppState(({ settings }) => settings.strength)
  return (
    <Slider
      label="Strength"
      width="100%"
      minValue={0.05}
      maxValue={1}
      step={0.05}
      formatOptions={{ style: 'percent' }}
      value={strength[intent]}
      onChange={(value) => change({ strength: { ...strength, [intent]: value } })}
    />
  )
}
