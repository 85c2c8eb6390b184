import { useEffect, useRef, type KeyboardEvent } from 'react'
import { openResultOf, type FinishedJob } from '../app/history.ts'
import { ActionButton, Button, Text } from './controls.tsx'
import { Thumbnail } from './Thumbnail.tsx'
import { useActions, useAppState } from './use-app.ts'
import { durationWords, requestWords } from './wording.ts'

/** The variations of one result: press one to see it in place, apply it or discard them. */
export function ResultsGrid() {
  const job = useAppState(openResultOf)
  return job === null ? null : <OpenResult job={job} />
}

function OpenResult({ job }: { readonly job: FinishedJob }) {
  const { apply, discard, insertDepth } = useActions()
  const chosen = useAppState(({ open }) => open?.variation ?? 0)
  const isApplying = useAppState((state) => state.isApplying)
  const { result, request } = job
  const seed = result.variations[chosen]?.seed ?? request.sampling.seed
  const section = useRef<HTMLElement>(null)
  // Where the panel is low the result would lie below its edge; but nothing moves away from a person who types.
  useEffect(() => {
    if (isAtWork() && !isTyping()) section.current?.scrollIntoView({ block: 'nearest' })
  }, [job.id])
  return (
    <section ref={section} aria-label="Result" className="marquee-section">
      <Text UNSAFE_className="marquee-one-line">{requestWords(request)}</Text>
      <Variations job={job} chosen={chosen} />
      <Text UNSAFE_className="marquee-caption">
        Seed {seed} · {durationWords(result.seconds)}
      </Text>
      <div className="marquee-row">
        <Button
          variant="accent"
          flex
          isDisabled={isApplying}
          onPress={() => void apply({ jobId: job.id, variation: chosen })}
        >
          {request.upscale === undefined ? 'Apply' : 'Open as document'}
        </Button>
        <Button variant="secondary" isDisabled={isApplying} onPress={() => discard(job.id)}>
          Discard
        </Button>
      </div>
      {result.depth !== undefined && (
        <ActionButton isDisabled={isApplying} onPress={() => void insertDepth(job.id)}>
          Insert depth map
        </ActionButton>
      )}
    </section>
  )
}

/** Somebody has used the page since it was loaded. */
const isAtWork = (): boolean => document.activeElement !== null && document.activeElement !== document.body

const isTyping = (): boolean => document.activeElement?.matches('input, textarea') === true

/** Arrow keys walk and show, Enter applies, Space and a click show or hide. */
function Variations({ job, chosen }: { readonly job: FinishedJob; readonly chosen: number }) {
  const { apply, showVariation, hidePreview } = useActions()
  const isShown = useAppState(({ open }) => open?.isShown === true)
  const buttons = useRef<(HTMLButtonElement | null)[]>([])
  const { variations } = job.result

  function walk(event: KeyboardEvent, from: number) {
    if (event.key === 'Enter') {
      // Not also a click, which would hide it.
      event.preventDefault()
      void apply({ jobId: job.id, variation: from })
      return
    }
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const variation = (from + step + variations.length) % variations.length
    showVariation({ jobId: job.id, variation })
    buttons.current[variation]?.focus()
  }

  return (
    <div role="group" aria-label="Variations" className="marquee-thumbnails">
      {variations.map(({ pixels }, variation) => (
        <Thumbnail
          key={pixels.blob + String(variation)}
          ref={(button) => {
            buttons.current[variation] = button
          }}
          jobId={job.id}
          image={pixels}
          label={`Variation ${variation + 1}`}
          aria-pressed={isShown && variation === chosen}
          data-chosen={variation === chosen}
          tabIndex={variation === chosen ? 0 : -1}
          onClick={() =>
            isShown && variation === chosen ? hidePreview() : showVariation({ jobId: job.id, variation })
          }
          onKeyDown={(event) => walk(event, variation)}
        />
      ))}
    </div>
  )
}

const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }
