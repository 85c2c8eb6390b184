import { useLayoutEffect, useRef, type ComponentProps } from 'react'
import type { PromptReading } from '#protocol/prompt.ts'
import { reweighted } from '../app/prompt-weight.ts'
import { TextArea } from './controls.tsx'
import { PromptMirror } from './PromptMirror.tsx'
import { countWords, excerptOf } from './prompt-wording.ts'

interface PromptFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  /** How the model reads `text`, which may be what was written a moment ago. */
  readonly read: { readonly text: string; readonly reading: PromptReading } | null
  /** Ctrl+Enter. */
  readonly onSubmit?: () => void
}

type Keys = Parameters<NonNullable<ComponentProps<typeof TextArea>['onKeyDown']>>[0]

/** A prompt with what is odd in it underlined, its length, and keys that weigh words. */
export function PromptField({ label, value, onChange, read, onSubmit }: PromptFieldProps) {
  const around = useRef<HTMLDivElement>(null)
  const select = useRef<{ readonly start: number; readonly end: number } | null>(null)
  useLayoutEffect(() => {
    if (select.current === null) return
    const { start, end } = select.current
    select.current = null
    around.current?.querySelector('textarea')?.setSelectionRange(start, end)
  }, [value])

  function pressed(event: Keys) {
    const isCommand = event.ctrlKey || event.metaKey
    if (isCommand && event.key === 'Enter' && onSubmit !== undefined) onSubmit()
    else if (isCommand && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault()
      weigh(event.key === 'ArrowUp' ? 1 : -1)
    } else event.continuePropagation()
  }

  function weigh(direction: 1 | -1) {
    const area = around.current?.querySelector('textarea')
    if (area === null || area === undefined) return
    const { selectionStart: start, selectionEnd: end } = area
    const edited = reweighted({ text: value, start, end }, direction)
    if (edited === null) return
    select.current = edited
    onChange(edited.text)
  }

  const problems = read?.text === value ? read.reading.problems : []
  return (
    <div ref={around} className="marquee-prompt">
      <TextArea
        label={label}
        width="100%"
        value={value}
        onChange={onChange}
        onKeyDown={pressed}
        {...(read === null ? {} : { description: <PromptHelp {...read} /> })}
      />
      {problems.length > 0 && <PromptMirror around={around} text={value} problems={problems} />}
    </div>
  )
}

interface PromptHelpProps {
  readonly text: string
  readonly reading: PromptReading
}

/** Describes the field, also to who listens to it. */
function PromptHelp({ text, reading }: PromptHelpProps) {
  return (
    <>
      <span className="marquee-count">{countWords(reading)}</span>
      {reading.problems.map((problem) => {
        const { before, wrong, after } = excerptOf(text, problem)
        return (
          <span key={`${problem.from} ${problem.message}`} className="marquee-problem">
            <code>
              {before}
              <mark>{wrong}</mark>
              {after}
            </code>{' '}
            {problem.message}
          </span>
        )
      })}
    </>
  )
}
