import { useId, useLayoutEffect, useRef, type ComponentProps } from 'react'
import type { PromptReading } from '#protocol/prompt.ts'
import { reweighted } from '../app/prompt-weight.ts'
import { CompletionList, optionId } from './CompletionList.tsx'
import { TextArea } from './controls.tsx'
import { PromptMirror } from './PromptMirror.tsx'
import { countWords, excerptOf } from './prompt-wording.ts'
import { useCompletions } from './use-completions.ts'

interface PromptFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  /** How the model reads `text`, which may be what was written a moment ago. */
  readonly read: { readonly text: string; readonly reading: PromptReading } | null
  /** Takes no networks. */
  readonly isNegative?: boolean
  /** Ctrl+Enter. */
  readonly onSubmit?: () => void
}

type Keys = Parameters<NonNullable<ComponentProps<typeof TextArea>['onKeyDown']>>[0]

/** A prompt with what is odd in it underlined, its length, completions, and keys that weigh words. */
export function PromptField(props: PromptFieldProps) {
  const { label, value, onChange, read, isNegative = false, onSubmit } = props
  const listId = useId()
  const offered = useCompletions(value, isNegative)
  const isOffering = offered.options.length > 0
  const around = useRef<HTMLDivElement>(null)
  const select = useRef<{ readonly start: number; readonly end: number } | null>(null)
  const areaOf = () => around.current?.querySelector('textarea') ?? null
  useLayoutEffect(() => {
    if (select.current === null) return
    const { start, end } = select.current
    select.current = null
    areaOf()?.setSelectionRange(start, end)
  }, [value])

  function pressed(event: Keys) {
    const isCommand = event.ctrlKey || event.metaKey
    if (!isCommand && isOffering && completionKey(event.key)) event.preventDefault()
    else if (isCommand && event.key === 'Enter' && onSubmit !== undefined) onSubmit()
    else if (isCommand && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault()
      weigh(event.key === 'ArrowUp' ? 1 : -1)
    } else event.continuePropagation()
  }

  /** Whether the list of completions took the key. */
  function completionKey(key: string): boolean {
    if (key === 'ArrowUp' || key === 'ArrowDown') offered.walk(key === 'ArrowUp' ? -1 : 1)
    else if (key === 'Enter' || key === 'Tab') accept(offered.active)
    else {
      if (key === 'Escape' || key.startsWith('Arrow') || key === 'Home' || key === 'End') offered.close()
      return key === 'Escape'
    }
    return true
  }

  function accept(option: number) {
    const accepted = offered.accept(option)
    if (accepted === null) return
    select.current = { start: accepted.cursor, end: accepted.cursor }
    onChange(accepted.text)
  }

  function weigh(direction: 1 | -1) {
    const area = areaOf()
    if (area === null) return
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
        onChange={(text) => {
          offered.typed(text, areaOf()?.selectionStart ?? text.length)
          onChange(text)
        }}
        onKeyDown={pressed}
        onBlur={offered.close}
        aria-autocomplete="list"
        {...(isOffering
          ? { 'aria-controls': listId, 'aria-activedescendant': optionId(listId, offered.active) }
          : {})}
        {...(read === null ? {} : { description: <PromptHelp {...read} /> })}
      />
      {problems.length > 0 && <PromptMirror around={around} text={value} problems={problems} />}
      {isOffering && <CompletionList id={listId} offered={offered} onChoose={accept} />}
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
