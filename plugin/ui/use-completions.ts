import { useMemo, useState } from 'react'
import { completionsAt, type Completion, type Completions } from '../app/completions.ts'
import { promptExtensions, suitsModel } from '../app/extension-choice.ts'
import { useAppState } from './use-app.ts'

/** What is offered while a person types, and which of it the keys are at. */
export interface OfferedCompletions {
  readonly options: readonly Completion[]
  readonly active: number
  /** The prompt with an option in it, and where the cursor goes. */
  readonly accept: (option: number) => { readonly text: string; readonly cursor: number } | null
  /** By keys: up or down, round. */
  readonly walk: (by: 1 | -1) => void
  readonly close: () => void
  /** Tells what was just typed, and where. */
  readonly typed: (text: string, cursor: number) => void
}

export function useCompletions(value: string, isNegative: boolean): OfferedCompletions {
  const catalogue = useAppState((state) => state.catalogue)
  const settings = useAppState((state) => state.settings)
  const document = useAppState((state) => state.document)
  const [at, setAt] = useState<{ readonly text: string; readonly cursor: number } | null>(null)
  const [active, setActive] = useState(0)
  const found = useMemo<Completions | null>(() => {
    if (at === null || at.text !== value) return null
    const suited = promptExtensions({ catalogue }).filter((extension) =>
      suitsModel(extension, { catalogue, settings, document })
    )
    return completionsAt(at.text, at.cursor, suited, isNegative)
  }, [at, value, catalogue, settings, document, isNegative])
  const options = found?.options ?? []
  return {
    options,
    active,
    accept(number) {
      const option = options[number]
      if (found === null || option === undefined) return null
      setAt(null)
      return {
        text: value.slice(0, found.from) + option.text + value.slice(found.to),
        cursor: found.from + option.text.length
      }
    },
    walk: (by) => setActive((active + by + options.length) % options.length),
    close: () => setAt(null),
    typed(text, cursor) {
      setActive(0)
      setAt({ text, cursor })
    }
  }
}
