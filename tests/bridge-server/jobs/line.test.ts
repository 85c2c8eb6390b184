import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createJobEvents } from '../../../bridge-server/jobs/events.ts'
import type { JobEvent, JobName } from '../../../bridge-server/jobs/job.ts'
import { createLine } from '../../../bridge-server/jobs/line.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const aJob = (key: number): JobName => ({ key, client: 'client', id: `job-${key}` })

function aLine(length: number) {
  const events = createJobEvents()
  const told: JobEvent[] = []
  events.listen('client', (event) => told.push(event))
  const jobs = Array.from({ length }, (_, i) => aJob(i))
  const line = createLine([], events)
  for (const job of jobs) line.putLast(job)
  return { line, told, jobs }
}

/** What a client believes who remembers the last word on each job. */
function believed(told: readonly JobEvent[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  for (const event of told) if (event.type === 'queued') places.set(event.jobId, event.position)
  return places
}

test('whoever joins is told the place at once, however long the line is', () => {
  const { told } = aLine(1000)
  expect(told).toHaveLength(1000)
  expect(told.at(-1)).toEqual({ type: 'queued', jobId: 'job-999', position: 1000 })
})

test('the front of a long line is told of a change at once, all of it before long', () => {
  const { line, told, jobs } = aLine(1000)
  vi.advanceTimersByTime(5000)
  told.length = 0
  line.takeNext()
  expect(told.map((event) => event.type === 'queued' && event.position)).toEqual(
    Array.from({ length: told.length }, (_, i) => i + 1)
  )
  expect(told.length).toBeLessThan(100)
  vi.advanceTimersByTime(5000)
  const places = believed(told)
  for (const job of jobs.slice(1)) expect(places.get(job.id), job.id).toBe(line.positionOf(job))
})

test('a line that never rests is told of in a bounded number of words, and all is right in the end', () => {
  const { line, told, jobs } = aLine(2000)
  vi.advanceTimersByTime(10_000)
  told.length = 0
  for (let i = 0; i < 1000; i++) {
    line.takeNext()
    vi.advanceTimersByTime(5)
  }
  // 50 at the front with each change, 200 behind each quarter of a second.
  expect(told.length).toBeLessThan(1000 * 50 + 20 * 200 + 1)
  vi.advanceTimersByTime(5000)
  const places = believed(told)
  for (const job of jobs.slice(1000)) expect(places.get(job.id), job.id).toBe(line.positionOf(job))
})

test('after every change has been told, the line is silent', () => {
  const { told } = aLine(300)
  vi.advanceTimersByTime(5000)
  const before = told.length
  vi.advanceTimersByTime(60_000)
  expect(told).toHaveLength(before)
  expect(vi.getTimerCount()).toBe(0)
})

test('a job that is moved far back is told so at once', () => {
  const { line, told, jobs } = aLine(500)
  vi.advanceTimersByTime(5000)
  told.length = 0
  line.move(jobs[0]!, 400)
  expect(told).toContainEqual({ type: 'queued', jobId: 'job-0', position: 400 })
})
