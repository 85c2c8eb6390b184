import { useMemo } from 'react'
import { activeJobs, openResultOf } from '../app/history.ts'
import { VisuallyHidden } from './controls.tsx'
import { useAppState } from './use-app.ts'
import { announcement } from './wording.ts'

/** Tells a screen reader how the jobs get on. */
export function LiveStatus() {
  const jobs = useAppState((state) => state.jobs)
  const variations = useAppState((state) => openResultOf(state)?.result.variations.length ?? 0)
  const text = useMemo(() => announcement(activeJobs({ jobs }), variations), [jobs, variations])
  return (
    <VisuallyHidden>
      <div role="status" aria-live="polite">
        {text}
      </div>
    </VisuallyHidden>
  )
}
