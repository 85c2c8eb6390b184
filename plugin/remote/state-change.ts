import type { AppState } from '../app/state.ts'
import type { StateChange } from './messages.ts'

/** What became of `before`; everything where there was nothing. Parts are told apart by identity. */
export function changeOf(before: AppState | null, state: AppState): StateChange | null {
  const { jobs, ...rest } = state
  const known = new Map(before?.jobs.map((job) => [job.id, job]))
  const changed = jobs.filter((job) => known.get(job.id) !== job)
  const isSameOrder =
    before !== null &&
    before.jobs.length === jobs.length &&
    jobs.every(({ id }, at) => before.jobs[at]?.id === id)
  const part = before === null ? rest : changedParts(before, rest)
  if (changed.length === 0 && isSameOrder && Object.keys(part).length === 0) return null
  return {
    isWhole: before === null,
    part,
    order: isSameOrder ? null : jobs.map(({ id }) => id),
    jobs: changed
  }
}

function changedParts(before: AppState, rest: Omit<AppState, 'jobs'>): StateChange['part'] {
  return Object.fromEntries(
    Object.entries(rest).filter(([name, value]) => value !== Reflect.get(before, name))
  )
}

/** `state` after a change: what `changeOf` said, undone. */
export function changedBy(state: AppState, { part, order, jobs }: StateChange): AppState {
  const byId = new Map([...state.jobs, ...jobs].map((job) => [job.id, job]))
  const ids = order ?? state.jobs.map(({ id }) => id)
  return { ...state, ...part, jobs: ids.flatMap((id) => byId.get(id) ?? []) }
}
