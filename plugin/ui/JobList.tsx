import { useMemo } from 'react'
import { activeJobs } from '../app/history.ts'
import type { TrackedJob } from '../app/tracked-job.ts'
import { ActionButton, ProgressBar, Text } from './controls.tsx'
import { ErrorNotice } from './ErrorNotice.tsx'
import { useActions, useAppState } from './use-app.ts'
import { jobWords, requestWords, stepWords } from './wording.ts'

/** Running and waiting jobs in the order they will be done, and those that failed. */
export function JobList() {
  const jobs = useAppState((state) => state.jobs)
  const active = useMemo(() => activeJobs({ jobs }), [jobs])
  if (active.length === 0) return null
  return (
    <ul aria-label="Jobs" className="marquee-list">
      {active.map((job) => (
        <li key={job.id} className="marquee-job">
          {job.error === null ? <ActiveJob job={job} /> : <FailedJob job={job} error={job.error} />}
        </li>
      ))}
    </ul>
  )
}

function ActiveJob({ job }: { readonly job: TrackedJob }) {
  const { cancel, moveUp } = useActions()
  const { progress, position } = job
  return (
    <>
      <div className="marquee-row">
        <Text UNSAFE_className="marquee-one-line">{requestWords(job.request)}</Text>
        {position !== null && position > 1 && (
          <ActionButton isQuiet onPress={() => moveUp(job.id)}>
            Move up
          </ActionButton>
        )}
        <ActionButton isQuiet isDisabled={job.isCancelling} onPress={() => cancel(job.id)}>
          Cancel
        </ActionButton>
      </div>
      {job.state === 'running' ? (
        <ProgressBar
          label={jobWords(job)}
          width="100%"
          size="S"
          isIndeterminate={progress === null || progress.steps === 0}
          value={progress === null ? 0 : (progress.step / Math.max(1, progress.steps)) * 100}
          showValueLabel={progress !== null}
          valueLabel={progress === null ? '' : stepWords(progress)}
        />
      ) : (
        <Text UNSAFE_className="marquee-caption">{jobWords(job)}</Text>
      )}
    </>
  )
}

function FailedJob({
  job,
  error
}: {
  readonly job: TrackedJob
  readonly error: NonNullable<TrackedJob['error']>
}) {
  const { discard } = useActions()
  return (
    <>
      <Text UNSAFE_className="marquee-one-line">{requestWords(job.request)}</Text>
      <ErrorNotice notice={error} onDismiss={() => discard(job.id)} />
    </>
  )
}
