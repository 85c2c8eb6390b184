import { expect, it } from 'vitest'
import { createCanvasHost } from '../../../../plugin/hosts/canvas/canvas-host.ts'
import { createEditor } from '../../../../plugin/hosts/canvas/editor.ts'
import { areaOf } from '../../../../plugin/hosts/canvas/geometry.ts'
import { newDocument } from '../../../../plugin/hosts/canvas/new-document.ts'
import { joined } from '../../../../plugin/hosts/bands.ts'
import { noiseDocument } from './pictures.ts'

const canvas = { width: 300, height: 260 }

it('is all white, or all empty, and as large as asked', async () => {
  const editor = createEditor()
  const host = createCanvasHost(editor)
  editor.open(newDocument(editor, canvas, 'white'))
  expect(await host.document()).toMatchObject({ name: 'Untitled', canvas })
  const { data } = joined(await host.flatten(areaOf(canvas)))
  expect(data.every((value) => value === 255)).toBe(true)
  expect(await host.emptyBounds()).toBeNull()
  editor.open(newDocument(editor, canvas, 'nothing'))
  expect(await host.emptyBounds()).toEqual(areaOf(canvas))
})

it('takes no work away: what was open before can be reopened', () => {
  const editor = createEditor()
  editor.open(noiseDocument())
  editor.apply('Rename', (document) => ({ ...document, name: 'Work' }))
  editor.open(newDocument(editor, canvas, 'white'))
  editor.reopen()
  expect(editor.store.getState().document?.name).toBe('Work')
})
