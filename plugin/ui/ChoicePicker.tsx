import { Item, Picker } from './controls.tsx'

interface ChoicePickerProps<T extends string> {
  readonly label: string
  readonly choices: readonly { readonly id: T; readonly label: string }[]
  readonly value: T
  readonly onChange: (id: T) => void
}

/** One of several, in a menu. */
export function ChoicePicker<T extends string>({ label, choices, value, onChange }: ChoicePickerProps<T>) {
  return (
    <Picker
      label={label}
      width="100%"
      items={choices}
      selectedKey={value}
      onSelectionChange={(key) => {
        const chosen = choices.find(({ id }) => id === key)
        if (chosen !== undefined) onChange(chosen.id)
      }}
    >
      {(choice) => <Item key={choice.id}>{choice.label}</Item>}
    </Picker>
  )
}
