import { expect, it } from 'vitest'
import { isModelFile } from '../../../plugin/app/model-actions.ts'
import { CodedError } from '../../../plugin/client/coded-error.ts'
import { createTestPanel, mask } from '../../support/panel.ts'

const panelOf = () => createTestPanel(mask('##', '##'))
const file = (name: string) => ({ name, file: new Blob(['x']) })

it('shows a model file while it is sent, and the models that there are then', async () => {
  const { actions, store, calls } = await panelOf()
  const seen: (readonly string[])[] = []
  const stop = store.subscribe(({ adding }, previous) => {
    if (adding !== previous.adding) seen.push(adding)
  })
  const before = store.getState().catalogue
  await actions.addModels([file('a.safetensors'), file('b.ckpt')])
  stop()
  expect(calls).toEqual(['add a.safetensors', 'add b.ckpt'])
  expect(seen).toEqual([['a.safetensors'], [], ['b.ckpt'], []])
  expect(store.getState().catalogue).toEqual(before)
})

it('says why a file was refused, and goes on with the next', async () => {
  const { actions, store, failures, calls } = await panelOf()
  failures.set('addModel', new CodedError('model-unsupported', 'It is a LoRA.', 'Put it elsewhere.'))
  await actions.addModels([file('a.safetensors')])
  expect(store.getState()).toMatchObject({
    adding: [],
    notice: { message: 'It is a LoRA.', hint: 'Put it elsewhere.' }
  })
  failures.clear()
  await actions.addModels([file('b.safetensors')])
  expect(calls).toContain('add b.safetensors')
})

it('passes on what a person says of models and folders', async () => {
  const { actions, calls } = await panelOf()
  await actions.chooseForModel('a/b', { prediction: 'v', vae: null })
  await actions.addFolder('/models')
  await actions.removeFolder('/models')
  await actions.refreshModels()
  expect(calls).toEqual(['choose a/b v null', 'folder /models', 'no folder /models'])
})

it.each([
  ['a.safetensors', true],
  ['A.CKPT', true],
  ['a.pt', true],
  ['a.png', false],
  ['safetensors', false]
])('takes %s for a model: %s', (name, isModel) => {
  expect(isModelFile(name)).toBe(isModel)
})
