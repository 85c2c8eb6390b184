import { expect, test } from 'vitest'
import { createTurns } from '../../../bridge-server/thread/turns.ts'

const patient = new AbortController().signal
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

test('one after the other, in order, also behind one that fails', async () => {
  const inTurn = createTurns(8)
  const log: string[] = []
  const work = (name: string) => async (): Promise<string> => {
    log.push(`${name} begins`)
    await soon()
    log.push(`${name} ends`)
    if (name === 'b') throw new Error('b fails')
    return name
  }
  const ended = await Promise.allSettled(['a', 'b', 'c'].map((name) => inTurn(work(name), patient)))
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

test('what is aborted rejects at once; it is never begun, or must end before the next begins', async () => {
  const inTurn = createTurns(8)
  const log: string[] = []
  const [running, waiting] = [new AbortController(), new AbortController()]
  let end: (() => void) | undefined
  const first = inTurn(() => new Promise<void>((resolve) => (end = resolve)), running.signal)
  const second = inTurn(() => Promise.resolve(log.push('second')), waiting.signal)
  const third = inTurn(() => Promise.resolve(log.push('third')), patient)
  await soon()
  running.abort(new Error('away'))
  waiting.abort(new Error('gone'))
  await expect(first).rejects.toThrow('away')
  await expect(second).rejects.toThrow('gone')
  await soon()
  expect(log).toEqual([])
  end?.()
  await third
  expect(log).toEqual(['third'])
})

test('only so many wait, and those that were aborted do not count', async () => {
  const inTurn = createTurns(2)
  const gone = new AbortController()
  const forever = () => new Promise<never>(() => undefined)
  void inTurn(forever, patient)
  await soon()
  const waiting = [gone.signal, patient].map((signal) => inTurn(forever, signal))
  expect(() => inTurn(forever, patient)).toThrow(expect.objectContaining({ code: 'too-many' }))
  gone.abort()
  await expect(waiting[0]).rejects.toThrow('aborted')
  expect(() => void inTurn(forever, patient)).not.toThrow()
})
