import type { JSX } from 'react'
import { NumberField } from '../../../ui/controls.tsx'

interface NumberOptionProps {
  readonly label: string
  readonly value: number
  readonly from: number
  readonly to: number
  readonly set: (value: number) => void
  readonly unit?: string
}

/** A number of the tool in hand. */
export function NumberOption({ label, value, from, to, set, unit }: NumberOptionProps): JSX.Element {
  return (
    <label className="option">
      <span aria-hidden="true">{label}</span>
      <NumberField
        aria-label={label}
        width="size-900"
        hideStepper
        value={value}
        minValue={from}
        maxValue={to}
        formatOptions={unit === '%' ? { style: 'percent' } : { useGrouping: false }}
        onChange={set}
      />
      {unit === 'px' ? <span aria-hidden="true">px</span> : null}
    </label>
  )
}
