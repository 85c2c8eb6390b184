import { describe, expect, it } from 'vitest'
import { flatten } from '../../../../plugin/hosts/canvas/composite.ts'
import { chooseArea, select, type CanvasDocument } from '../../../../plugin/hosts/canvas/document.ts'
import { areaOf } from '../../../../plugin/hosts/canvas/geometry.ts'
import { activateLayer, changeLayer } from '../../../../plugin/hosts/canvas/layer-edits.ts'
import { controlRole } from '../../../../plugin/hosts/canvas/layer-role.ts'
import { rectangleMask } from '../../../../plugin/hosts/canvas/selection/shapes.ts'
import { foldersOf, storageIn, type Storage } from '../../../../plugin/hosts/canvas/storage.ts'
import { createDocumentStore } from '../../../../plugin/hosts/canvas/stored-document.ts'
import { startStroke } from '../../../../plugin/hosts/canvas/tools/stroke.ts'
import { digest, noiseDocument } from './pictures.ts'

/** A storage in memory that copies what it is given, as a database does, and records what was written. */
function memoryStorage(): Storage & { readonly written: string[]; readonly values: Map<string, unknown> } {
  const values = new Map<string, unknown>()
  const written: string[] = []
  return {
    written,
    values,
    read: (key) => Promise.resolve(structuredClone(values.get(key))),
    write: (entries) => {
      for (const [key, value] of entries) {
        values.set(key, structuredClone(value))
        written.push(key)
      }
      return Promise.resolve()
    },
    remove: (keys) => {
      for (const key of keys) values.delete(key)
      return Promise.resolve()
    },
    keys: () => Promise.resolve([...values.keys()])
  }
}

/** All of a document as text, tiles by their digests. */
const described = (document: CanvasDocument | null): string =>
  JSON.stringify(document, (_, value: unknown) =>
    value instanceof Map
      ? [...value].map(([key, tile]: [unknown, unknown]) => [
          key,
          tile instanceof Uint8Array ? digest(tile) : tile
        ])
      : value
  )

let ids = 0
const storeIn = (storage: Storage) => createDocumentStore(storage, () => `${ids++}`)
const area = { x: 30, y: 40, width: 100, height: 50 }
const document = activateLayer('top', 'mask')(select(rectangleMask(area))(noiseDocument()))

describe('a stored document', () => {
  it('comes back whole: layers, masks, selection, what is active', async () => {
    const storage = memoryStorage()
    await storeIn(storage).save(document)
    const loaded = await storeIn(storage).load()
    expect(described(loaded)).toBe(described(document))
    expect(digest(flatten(loaded!, areaOf(document.canvas)).data)).toBe(
      digest(flatten(document, areaOf(document.canvas)).data)
    )
  })

  it('keeps what a map shows and what the model is to see, and reads documents of before there were such', async () => {
    const storage = memoryStorage()
    const guided = changeLayer('middle', { role: controlRole('union', 'depth') })(chooseArea(area)(document))
    await storeIn(storage).save(guided)
    const loaded = await storeIn(storage).load()
    expect(loaded?.area).toEqual(area)
    expect(loaded?.layers[1]?.role).toEqual(controlRole('union', 'depth'))
    const text = JSON.stringify(storage.values.get('document'), (name, value: unknown) =>
      name === 'mapKind' || name === 'area' ? undefined : value
    )
    storage.values.set('document', JSON.parse(text))
    const older = await storeIn(storage).load()
    expect(older?.area).toBeNull()
    expect(older?.layers[1]?.role).toEqual(controlRole('union'))
  })

  it('is null where none was saved, or after it was forgotten', async () => {
    const storage = memoryStorage()
    const documents = storeIn(storage)
    expect(await documents.load()).toBeNull()
    await documents.save(document)
    await documents.forget()
    expect(await documents.load()).toBeNull()
    expect(storage.values.size).toBe(0)
  })

  it('is untouched by documents that are saved and forgotten in other folders of the storage', async () => {
    const storage = memoryStorage()
    const [mine, other] = [storeIn(storageIn(storage, 'mine')), storeIn(storageIn(storage, 'other'))]
    await mine.save(document)
    await other.save({ ...document, name: 'other' })
    await other.save({ ...document, layers: [] })
    expect(await foldersOf(storage)).toEqual(['mine', 'other'])
    await other.forget()
    expect(await foldersOf(storage)).toEqual(['mine'])
    expect(described(await mine.load())).toBe(described(document))
  })

  it('forgets itself alone, not what lies in folders of its own storage', async () => {
    const storage = memoryStorage()
    const [own, inside] = [storeIn(storage), storeIn(storageIn(storage, 'left'))]
    await own.save(document)
    await inside.save({ ...document, name: 'inside' })
    await own.save({ ...document, name: 'again' })
    await own.forget()
    expect(await own.load()).toBeNull()
    expect(described(await inside.load())).toBe(described({ ...document, name: 'inside' }))
  })

  it('comes back whole after it was undone, reopened or forgotten and saved again', async () => {
    const storage = memoryStorage()
    const documents = storeIn(storage)
    await documents.save(document)
    await documents.save({ ...document, layers: [], selection: null })
    await documents.save(document)
    expect(described(await storeIn(storage).load())).toBe(described(document))
    await documents.forget()
    await documents.save(document)
    expect(described(await storeIn(storage).load())).toBe(described(document))
  })

  it('knows when it was saved', async () => {
    const documents = createDocumentStore(
      memoryStorage(),
      () => `${ids++}`,
      () => 1234
    )
    expect(await documents.savedAt()).toBeNull()
    await documents.save(document)
    expect(await documents.savedAt()).toBe(1234)
  })

  it('writes only what changed: after a dab one tile, after a rename none', async () => {
    const storage = memoryStorage()
    const documents = storeIn(storage)
    await documents.save(document)
    storage.written.length = 0
    await documents.save({ ...document, name: 'other' })
    expect(storage.written).toEqual(['document'])
    const stroke = startStroke(
      { ...document, selection: null, activeLayerId: 'ground' },
      { size: 9, hardness: 1, opacity: 1 },
      { kind: 'colour', colour: [1, 2, 3] }
    )!
    stroke.line({ x: 20, y: 20 }, { x: 25, y: 20 })
    storage.written.length = 0
    await documents.save(stroke.finish())
    expect(storage.written.filter((key) => key.startsWith('tile:'))).toHaveLength(1)
  })

  it('keeps no tile that the document no longer has', async () => {
    const storage = memoryStorage()
    const documents = storeIn(storage)
    await documents.save(document)
    await documents.save({ ...document, layers: [], selection: null })
    expect([...storage.values.keys()]).toEqual(['document'])
  })

  it('is refused with its name where a part is missing', async () => {
    const storage = memoryStorage()
    await storeIn(storage).save(document)
    storage.values.delete([...storage.values.keys()].find((key) => key.startsWith('tile:'))!)
    await expect(storeIn(storage).load()).rejects.toThrow(/“Noise”/)
  })

  it('is written whole by the next save where one failed', async () => {
    const storage = memoryStorage()
    let isFull = true
    const limited: Storage = {
      ...storage,
      write: (entries) => (isFull ? Promise.reject(new Error('full')) : storage.write(entries))
    }
    const documents = storeIn(limited)
    await expect(documents.save(document)).rejects.toThrow('full')
    isFull = false
    await documents.save(document)
    expect(described(await storeIn(storage).load())).toBe(described(document))
  })
})
