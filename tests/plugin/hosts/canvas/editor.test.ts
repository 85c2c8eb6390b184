import { describe, expect, it } from 'vitest'
import { createEditor } from '../../../../plugin/hosts/canvas/editor.ts'
import { changeLayer } from '../../../../plugin/hosts/canvas/layer-edits.ts'
import { thumbnailOf } from '../../../../plugin/hosts/canvas/thumbnail.ts'
import {
  fittedView,
  toDocument,
  toScreen,
  zoomedView
} from '../../../../plugin/hosts/canvas/view-transform.ts'
import { commands } from '../../../../plugin/hosts/canvas/view/all-commands.ts'
import { writtenKey } from '../../../../plugin/hosts/canvas/view/keys.ts'
import { noiseDocument, opaqueImage } from './pictures.ts'

describe('the editor', () => {
  it('keeps a draft apart from the document until it is kept, as one step', () => {
    const editor = createEditor()
    editor.open(noiseDocument())
    const before = editor.store.getState().document!
    for (const opacity of [0.9, 0.8, 0.7]) editor.show(changeLayer('top', { opacity })(before))
    expect(editor.store.getState().document).toBe(before)
    editor.keep('Opacity')
    const { document, draft, history } = editor.store.getState()
    expect(document?.layers[2]?.opacity).toBe(0.7)
    expect(draft).toBeNull()
    expect(history.past.map(({ name }) => name)).toEqual(['Opacity'])
  })

  it('fits a document as soon as both it and the size of the screen are known, in either order', () => {
    const [first, second] = [createEditor(), createEditor()]
    const viewport = { width: 900, height: 700 }
    first.open(noiseDocument())
    first.view.resize(viewport)
    second.view.resize(viewport)
    second.open(noiseDocument())
    expect(first.store.getState().view).toEqual(fittedView({ width: 300, height: 280 }, viewport))
    expect(second.store.getState().view).toEqual(first.store.getState().view)
  })
})

describe('the view', () => {
  it('zooms about a point: what is under it stays', () => {
    const view = { scale: 0.7, x: 31, y: -12 }
    const at = { x: 200, y: 300 }
    for (const factor of [0.001, 0.5, 3, 1000]) {
      const next = zoomedView(view, at, factor)
      const kept = toScreen(next, toDocument(view, at))
      expect(kept.x).toBeCloseTo(at.x, 6)
      expect(kept.y).toBeCloseTo(at.y, 6)
    }
  })
})

describe('thumbnails', () => {
  it('have the shape of the canvas and show the layer where it lies', () => {
    const { canvas, layers } = noiseDocument()
    const { width, height, data } = thumbnailOf(layers[1]!.pixels, canvas, layers[1]!.offset)
    expect([width, height]).toEqual([64, 60])
    const alpha = (x: number, y: number): number => data[(y * width + x) * 4 + 3]!
    expect(alpha(10, 10)).toBe(0)
    expect([50, 52, 54, 56, 58].some((x) => alpha(x, 28) > 0)).toBe(true)
  })
})

describe('shortcuts', () => {
  const key = (name: string, more: object = {}): string =>
    writtenKey({
      key: name,
      code: '',
      ctrlKey: false,
      metaKey: false,
      shiftKey: false,
      altKey: false,
      ...more
    })

  it('are written as they are shown', () => {
    expect(key('Z', { ctrlKey: true, shiftKey: true })).toBe('Ctrl+Shift+Z')
    expect(key('z', { metaKey: true })).toBe('Ctrl+Z')
    expect(key('{', { shiftKey: true, code: 'BracketLeft' })).toBe('Shift+[')
    expect(key('[', { code: 'BracketLeft' })).toBe('[')
    expect(key('?', { shiftKey: true })).toBe('?')
    expect(key('ArrowLeft', { shiftKey: true })).toBe('Shift+ArrowLeft')
    expect(key('F6', { shiftKey: true })).toBe('Shift+F6')
    expect(key('+', { ctrlKey: true, shiftKey: true })).toBe('Ctrl++')
  })

  it('are never given twice', () => {
    const keys = commands.flatMap((command) => command.keys)
    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe('a document with work in it that was left', () => {
  it('can be reopened with its history; one without work leaves no trace', () => {
    const editor = createEditor()
    editor.open(noiseDocument())
    editor.open({ ...noiseDocument(), id: 'second' })
    expect(editor.store.getState().notice).toBeNull()
    editor.apply('Rename', changeLayer('top', { name: 'other' }))
    const worked = editor.store.getState().document
    editor.close()
    expect(editor.store.getState().notice?.offers).toBe('reopen')
    editor.open(noiseDocument())
    editor.reopen()
    expect(editor.store.getState().document).toBe(worked)
    editor.undo()
    expect(editor.store.getState().document?.layers[2]?.name).toBe('top')
  })
})

it('a document of an earlier visit is offered, and comes back without a history', () => {
  const editor = createEditor()
  const document = noiseDocument()
  editor.open({ ...noiseDocument(), id: 'second' })
  editor.offer(document)
  expect(editor.store.getState().notice).toMatchObject({ message: '“Noise” was closed.', offers: 'reopen' })
  editor.reopen()
  expect(editor.store.getState().document).toBe(document)
  expect(editor.store.getState().history.past).toEqual([])
})

it('a document that something was made for can be reopened without an undo step', () => {
  const editor = createEditor()
  const document = noiseDocument()
  editor.open(document)
  const pixels = opaqueImage(1, 1, 1)
  editor.set({ preview: { documentId: document.id, area: { x: 0, y: 0, width: 1, height: 1 }, pixels } })
  editor.open({ ...noiseDocument(), id: 'second' })
  expect(editor.store.getState().notice?.offers).toBe('reopen')
  editor.reopen()
  expect(editor.store.getState().document).toBe(document)
})
