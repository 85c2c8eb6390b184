import { kindLabels } from './extension-wording.ts'
import type { OfferedCompletions } from './use-completions.ts'

interface CompletionListProps {
  readonly id: string
  readonly offered: OfferedCompletions
  readonly onChoose: (option: number) => void
}

export const optionId = (id: string, option: number): string => `${id}-${option}`

/** Under the prompt while something is offered; the keys stay in the text area, which names the active option. */
export function CompletionList({ id, offered: { options, active }, onChoose }: CompletionListProps) {
  return (
    <ul id={id} role="listbox" aria-label="Completions" className="marquee-completions">
      {options.map(({ kind, label }, option) => (
        <li
          key={`${kind} ${label}`}
          id={optionId(id, option)}
          role="option"
          aria-selected={option === active}
          className="marquee-completion"
          // The text area keeps the focus.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onChoose(option)}
        >
          <span className="marquee-one-line">{label}</span>
          <span className="marquee-caption">{kindLabels[kind]}</span>
        </li>
      ))}
    </ul>
  )
}
