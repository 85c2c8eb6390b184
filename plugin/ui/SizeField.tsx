import { modelInForce } from '../app/model-choice.ts'
import { NumberField, Switch } from './controls.tsx'
import { useActions, useAppState } from './use-app.ts'

const range = { minValue: 64, maxValue: 8192, step: 8 } as const

/** Size the model works at; the result always comes back at the size of its area. */
export function SizeField() {
  const { change } = useActions()
  const size = useAppState(({ settings }) => settings.size)
  const native = useAppState((state) => modelInForce(state)?.nativeSize ?? 512)
  return (
    <>
      <Switch
        isSelected={size === null}
        onChange={(isAutomatic) => change({ size: isAutomatic ? null : { width: native, height: native } })}
      >
        Automatic size
      </Switch>
      {size !== null && (
        <div className="marquee-row">
          {(['width', 'height'] as const).map((side) => (
            <NumberField
              key={side}
              label={side === 'width' ? 'Width (px)' : 'Height (px)'}
              flex
              minWidth={0}
              {...range}
              value={size[side]}
              onChange={(value) => {
                if (!Number.isNaN(value)) change({ size: { ...size, [side]: value } })
              }}
            />
          ))}
        </div>
      )}
    </>
  )
}
