interface SegmentedControlProps<T extends string> {
  /** Accessible name of the group. */
  readonly label: string
  /** One that is not among the choices: none is chosen. */
  readonly value: string
  readonly choices: readonly { readonly id: T; readonly label: string }[]
  readonly onChange: (value: T) => void
}

/** One of few, side by side: native radio buttons, so arrow keys and screen readers work as everywhere. */
export function SegmentedControl<T extends string>({
  label,
  value,
  choices,
  onChange
}: SegmentedControlProps<T>) {
  return (
    <div role="radiogroup" aria-label={label} className="marquee-segments">
      {choices.map((choice) => (
        <label key={choice.id} className="marquee-segment">
          <input
            type="radio"
            name={label}
            value={choice.id}
            checked={choice.id === value}
            onChange={() => onChange(choice.id)}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </div>
  )
}
