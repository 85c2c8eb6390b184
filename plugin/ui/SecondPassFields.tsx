import { latentUpscalers } from '#protocol/upscalers.ts'
import { secondPassLimits, type SecondPassSettings } from '../app/second-pass.ts'
import { ChoicePicker } from './ChoicePicker.tsx'
import { NumberField, Slider } from './controls.tsx'
import { useActions, useAppState } from './use-app.ts'

const modes = [
  { id: 'automatic', label: 'Automatic' },
  { id: 'on', label: 'On' },
  { id: 'off', label: 'Off: enlarge only' }
] as const
const [least, most] = secondPassLimits.factor
const LANCZOS = 'lanczos'

/** Whether a picture is made larger and denoised again. */
export function SecondPassFields() {
  const { change } = useActions()
  const pass = useAppState(({ settings }) => settings.secondPass)
  const upscalers = useAppState((state) => state.catalogue?.upscalers ?? null)
  const set = (part: Partial<SecondPassSettings>) => change({ secondPass: { ...pass, ...part } })
  const choices = [...(upscalers ?? []), ...latentUpscalers]
  const upscaler = choices.find(({ id }) => id === pass.upscaler)?.id ?? LANCZOS
  return (
    <div role="group" aria-label="Second pass" className="marquee-section">
      <ChoicePicker
        label="Second pass"
        choices={modes}
        value={pass.mode}
        onChange={(mode) => set({ mode })}
      />
      {pass.mode === 'on' && (
        <>
          <div className="marquee-row">
            <NumberField
              label="Factor (×)"
              flex
              minWidth={0}
              minValue={least}
              maxValue={most}
              step={0.25}
              value={pass.factor}
              onChange={(factor) => {
                if (!Number.isNaN(factor)) set({ factor })
              }}
            />
            <NumberField
              label="Its steps"
              flex
              minWidth={0}
              minValue={1}
              maxValue={secondPassLimits.steps}
              value={pass.steps ?? NaN}
              onChange={(steps) => set({ steps: Number.isNaN(steps) ? null : steps })}
            />
          </div>
          <Slider
            label="Its strength"
            width="100%"
            minValue={0}
            maxValue={1}
            step={0.05}
            formatOptions={{ style: 'percent' }}
            value={pass.strength}
            onChange={(strength) => set({ strength })}
          />
          <ChoicePicker
            label="Enlarged by"
            choices={choices}
            value={upscaler}
            onChange={(id) => set({ upscaler: id === LANCZOS ? null : id })}
          />
        </>
      )}
    </div>
  )
}
