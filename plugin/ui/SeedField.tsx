import { drawnSeed } from '../app/generate.ts'
import { MAX_SEED } from '../app/stored-values.ts'
import { ActionButton, NumberField, Switch } from './controls.tsx'
import { useActions, useAppState } from './use-app.ts'

/** The seed last used, or the one that every job shall use. Typing one keeps it. */
export function SeedField() {
  const { change } = useActions()
  const seed = useAppState(({ settings }) => settings.seed)
  return (
    <>
      <div className="marquee-row marquee-end">
        <NumberField
          label="Seed"
          flex
          minWidth={0}
          hideStepper
          minValue={0}
          maxValue={MAX_SEED}
          formatOptions={{ useGrouping: false, maximumFractionDigits: 0 }}
          value={seed.value}
          onChange={(value) => {
            if (!Number.isNaN(value) && value !== seed.value) change({ seed: { value, locked: true } })
          }}
        />
        <ActionButton onPress={() => change({ seed: { ...seed, value: drawnSeed(Math.random) } })}>
          New seed
        </ActionButton>
      </div>
      <Switch isSelected={seed.locked} onChange={(locked) => change({ seed: { ...seed, locked } })}>
        Keep this seed
      </Switch>
    </>
  )
}
