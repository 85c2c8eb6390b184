import { expect, it } from 'vitest'
import { watchPrompts } from '../../../plugin/app/prompt-help.ts'
import { CodedError } from '../../../plugin/client/coded-error.ts'
import { createTestPanel, mask } from '../../support/panel.ts'

/** A panel whose questions are answered when the test says so. */
async function setUp() {
  const panel = await createTestPanel(mask('##', '##'))
  const timers = new Set<() => void>()
  const asked: string[] = []
  const answers: (() => void)[] = []
  const client = {
    ...panel.client,
    readPrompt: async (question: Parameters<typeof panel.client.readPrompt>[0]) => {
      asked.push(question.prompt)
      await new Promise<void>((resolve) => answers.push(resolve))
      return panel.client.readPrompt(question)
    }
  }
  const stop = watchPrompts({
    store: panel.store,
    client,
    later: (_milliseconds, action) => {
      timers.add(action)
      return () => timers.delete(action)
    }
  })
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve()
  }
  return {
    ...panel,
    asked,
    stop,
    write: (prompt: string) => panel.actions.change({ prompt }),
    pause: async () => {
      const due = [...timers]
      timers.clear()
      due.forEach((run) => run())
      await settle()
    },
    answer: async () => {
      answers.splice(0).forEach((give) => give())
      await settle()
    },
    read: () => panel.store.getState().promptsRead?.question.prompt ?? null
  }
}

it('asks once the hand rests, not at every key', async () => {
  const { write, pause, answer, asked, read } = await setUp()
  for (const prompt of ['a', 'a b', 'a b c']) write(prompt)
  expect(asked).toEqual([])
  await pause()
  await answer()
  expect(asked).toEqual(['a b c'])
  expect(read()).toBe('a b c')
})

it('has one question under way, and shows only the answer to the latest', async () => {
  const { write, pause, answer, asked, read } = await setUp()
  write('first')
  await pause()
  write('second')
  await pause()
  write('third')
  await pause()
  expect(asked).toEqual(['first'])
  await answer()
  expect(read()).toBeNull()
  expect(asked).toEqual(['first', 'third'])
  await answer()
  expect(read()).toBe('third')
})

it('asks anew for what changes the answer, and for nothing else', async () => {
  const { actions, pause, answer, asked } = await setUp()
  await pause()
  await answer()
  actions.change({ count: 5, guidance: 3, theme: 'dark' })
  await pause()
  expect(asked).toHaveLength(1)
  for (const change of [{ steps: 7 }, { negativePrompt: 'blurry' }, { model: 'filler' }]) {
    actions.change(change)
    await pause()
    await answer()
  }
  expect(asked).toHaveLength(4)
})

it('says nothing while there is nobody to ask, and when help fails', async () => {
  const { write, pause, answer, asked, read, store, failures, stop } = await setUp()
  failures.set('readPrompt', new CodedError('internal', 'No.'))
  write('a')
  await pause()
  await answer()
  expect(read()).toBeNull()
  expect(store.getState().notice).toBeNull()
  failures.clear()
  write('b')
  await pause()
  await answer()
  expect(read()).toBe('b')
  store.dispatch({ type: 'connection-changed', connection: { state: 'connecting' } })
  expect(read()).toBeNull()
  const before = asked.length
  write('c')
  await pause()
  expect(asked).toHaveLength(before)
  stop()
  store.dispatch({ type: 'connection-changed', connection: { state: 'online', version: '0', device: 'cpu' } })
  await pause()
  expect(asked).toHaveLength(before)
})

it('never holds up a press of the button', async () => {
  const { write, pause, actions, sent } = await setUp()
  write('a')
  await pause()
  await actions.generate()
  expect(sent).toHaveLength(1)
})
