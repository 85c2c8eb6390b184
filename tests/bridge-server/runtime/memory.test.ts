import { expect, test } from 'vitest'

import { AppError } from '../../../bridge-server/errors.ts'
import { createMemoryBudget, tooLarge, type Holder } from '../../../bridge-server/runtime/memory.ts'
import { chooseMode, planFor } from '../../../bridge-server/runtime/session-plan.ts'

function createHolder(
  name: string,
  bytes: number,
  busy = false
): Holder & { readonly released: () => boolean } {
  let held = bytes
  return {
    owner: name,
    get held() {
      return held
    },
    busy,
    release() {
      held = 0
      return Promise.resolve()
    },
    released: () => held === 0
  }
}

test('the holder that was unused longest goes first, and no more go than must', async () => {
  const budget = createMemoryBudget(100)
  const [a, b, c, d] = [
    createHolder('a', 30),
    createHolder('b', 30),
    createHolder('c', 30),
    createHolder('d', 30)
  ]
  for (const holder of [a, b, c]) expect(await budget.makeRoom(holder, 30)).toBe(true)
  expect(await budget.makeRoom(a, 30)).toBe(true)
  expect(await budget.makeRoom(d, 30)).toBe(true)
  expect([a, b, c].map((holder) => holder.released())).toEqual([false, true, false])
})

test('what is running stays', async () => {
  const budget = createMemoryBudget(100)
  const running = createHolder('running', 80, true)
  const other = createHolder('other', 0)
  await budget.makeRoom(running, 80)
  expect(await budget.makeRoom(other, 50)).toBe(false)
  expect(running.released()).toBe(false)
})

test('one model can be freed without the others', async () => {
  const budget = createMemoryBudget(100)
  const [a, b] = [createHolder('a', 10), createHolder('b', 10)]
  await budget.makeRoom(a, 10)
  await budget.makeRoom(b, 10)
  await budget.release('a')
  expect([a.released(), b.released()]).toEqual([true, false])
})

test('what other programs leave is looked at when told to, and idle holders go for it', async () => {
  let free: number | null = null
  const budget = createMemoryBudget(100, () => free)
  const [a, b] = [createHolder('a', 40), createHolder('b', 0)]
  await budget.makeRoom(a, 40)
  budget.look()
  expect(budget.room).toBe(100)
  free = 20
  expect(await budget.makeRoom(b, 50)).toBe(true)
  expect(a.released()).toBe(false)
  budget.look()
  // What is held here is not in use by others, and a tenth of what is free stays so.
  expect(budget.room).toBe(58)
  expect(await budget.makeRoom(b, 50)).toBe(true)
  expect(a.released()).toBe(true)
  expect(budget.total).toBe(100)
  free = 1000
  budget.look()
  expect(budget.room).toBe(100)
})

test('a refusal names what is needed, what there is, and the largest size of the same form that fits', () => {
  const perPixel = 2 ** 10
  const error = tooLarge(
    'The UNet',
    { width: 4096, height: 2048 },
    2 ** 30,
    ({ width, height }) => width * height * perPixel
  )
  expect(error).toBeInstanceOf(AppError)
  expect(error.code).toBe('out-of-memory')
  expect(error.message).toBe('The UNet at 4096×2048 needs about 8.00 GB; Marquee may use 1.00 GB.')
  expect(error.hint).toContain('Up to 1408×704 would fit')
})

test('small networks are prepared fully, large ones as memory allows', () => {
  const gigabyte = 2 ** 30
  expect(chooseMode(0.1 * gigabyte, 8 * gigabyte)).toBe('turbo')
  expect(chooseMode(3.4 * gigabyte, 16 * gigabyte)).toBe('medium')
  expect(chooseMode(3.4 * gigabyte, 4 * gigabyte)).toBe('instant')
  expect(chooseMode(0.1 * gigabyte, 0.15 * gigabyte)).toBe('instant')
})

const weights = { floats: 1000, cast: 1000, held: 0, inRun: { instant: 100, others: 0 } }
const free = { half: false, wished: undefined, room: 2000 }

test('where a run does not fit beside weights laid out for speed, they stay in their file', () => {
  expect(planFor(weights, 100, free)).toEqual({ mode: 'medium', bytes: 1150 })
  expect(planFor(weights, 900, free)).toEqual({ mode: 'instant', bytes: 100 })
  expect(planFor(weights, 900, { ...free, wished: 'medium' })).toEqual({ mode: 'medium', bytes: 1150 })
})

test('float32 weights are used as they are mapped, which takes nobody memory', () => {
  expect(planFor({ ...weights, cast: 0, inRun: { instant: 0, others: 0 } }, 100, free).bytes).toBe(0)
})
