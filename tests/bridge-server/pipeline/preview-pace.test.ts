import { expect, it } from 'vitest'
import { createPreviewPace, PREVIEW_SHARE } from '../../../bridge-server/pipeline/preview-pace.ts'

/** Steps of a job on a clock of its own; how many previews were made of those offered, and what they cost of the time. */
async function job(steps: number, stepMs: number, previewMs: (i: number) => number) {
  let time = 1000
  const pace = createPreviewPace(() => time)
  const made: number[] = []
  for (let i = 0; i < steps; i++) {
    time += stepMs
    await pace.offer(i === steps - 1, () => {
      time += previewMs(i)
      made.push(i)
      return Promise.resolve()
    })
  }
  const cost = made.reduce((sum, i) => sum + previewMs(i), 0)
  return {
    made,
    share: cost / (time - 1000),
    last: previewMs(steps - 1),
    first: previewMs(0),
    time: time - 1000
  }
}

it.each([
  [20, 1000, 300],
  [50, 100, 40],
  [150, 30, 5],
  [30, 5000, 240]
])(
  '%i steps of %i ms with previews of %i ms: they take a twentieth of the time, but for the first and the last',
  async (steps, stepMs, previewMs) => {
    const { made, time } = await job(steps, stepMs, () => previewMs)
    const paced = made.filter((i) => i !== 0 && i !== steps - 1)
    expect(paced.length * previewMs + previewMs).toBeLessThanOrEqual(PREVIEW_SHARE * time + previewMs)
    expect(made.at(-1)).toBe(steps - 1)
    expect(made.length).toBeGreaterThan(1)
  }
)

it('previews that cost next to nothing are made at every step', async () => {
  expect((await job(20, 100, () => 4)).made).toHaveLength(20)
})

it('after one that took long the next waits until it would be paid for', async () => {
  const { made } = await job(40, 100, (i) => (i === 10 ? 100 : 1))
  const next = made[made.indexOf(10) + 1]!
  // 111 ms were spent, and the next may take 100: 211 ms are a twentieth of 4220.
  expect(next).toBe(39)
})

it('the last is made even where there is no time for it', async () => {
  expect((await job(3, 1, () => 1000)).made).toEqual([0, 2])
})
