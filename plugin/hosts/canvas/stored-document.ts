import type { ControlKind } from '#protocol/request.ts'
import type { CanvasDocument } from './document.ts'
import type { Making } from '../host.ts'
import type { Layer } from './layer.ts'
import { pictureRole, type LayerRole } from './layer-role.ts'
import type { Plane, Tile } from './plane.ts'
import type { Storage } from './storage.ts'

/** One document kept in a storage, tile by tile: saving again writes only tiles that were not there yet. */
export interface DocumentStore {
  readonly save: (document: CanvasDocument) => Promise<void>
  /** The document saved last, or null. Throws where it is there but not whole. */
  readonly load: () => Promise<CanvasDocument | null>
  /** When the document was saved last, milliseconds since 1970; null where there is none. */
  readonly savedAt: () => Promise<number | null>
  /** Leaves no document behind. */
  readonly forget: () => Promise<void>
}

interface StoredPlane {
  readonly channels: 1 | 4
  readonly fill: number
  /** Place of each tile, and the key it is stored under. */
  readonly tiles: readonly (readonly [place: number, key: string])[]
}

type StoredRole =
  | Exclude<LayerRole, { readonly kind: 'control' }>
  | (Omit<Extract<LayerRole, { readonly kind: 'control' }>, 'mapKind'> & {
      readonly mapKind?: ControlKind | null
    })

type StoredLayer = Omit<Layer, 'pixels' | 'mask' | 'role' | 'made'> & {
  readonly role?: StoredRole
  readonly made?: Making | null
  readonly pixels: StoredPlane
  readonly mask: { readonly plane: StoredPlane; readonly enabled: boolean } | null
}

interface StoredDocument extends Omit<CanvasDocument, 'layers' | 'selection' | 'area'> {
  readonly version: typeof version
  readonly saved: number
  readonly layers: readonly StoredLayer[]
  readonly selection: StoredPlane | null
  readonly area?: CanvasDocument['area']
}

const version = 2
const documentKey = 'document'
const tilePrefix = 'tile:'

export function createDocumentStore(
  storage: Storage,
  newId: () => string,
  now: () => number = Date.now
): DocumentStore {
  // Tiles never change once a document holds them, so each has one key for good.
  const keyOf = new WeakMap<Tile, string>()
  /** Keys of the tiles that are stored: those of the document saved last. An undo brings back tiles that no longer are. */
  let kept: ReadonlySet<string> = new Set()

  const save = async (document: CanvasDocument): Promise<void> => {
    const unstored = new Map<string, Tile>()
    const used = new Set<string>()
    const storedTile = (tile: Tile): string => {
      const key = keyOf.get(tile) ?? `${tilePrefix}${newId()}`
      keyOf.set(tile, key)
      if (!kept.has(key)) unstored.set(key, tile)
      used.add(key)
      return key
    }
    const stored: StoredDocument = { ...packDocument(document, storedTile), saved: now() }
    // One transaction: a page that is closed in the middle leaves the document of before.
    await storage.write([...unstored, [documentKey, stored]])
    kept = used
    const keys = await storage.keys()
    await storage.remove(keys.filter((key) => key.startsWith(tilePrefix) && !used.has(key)))
  }

  const load = async (): Promise<CanvasDocument | null> => {
    const stored = await storage.read(documentKey)
    if (!isStoredDocument(stored)) return null
    const tiles = new Map<string, Tile>()
    for (const [, key] of storedPlanes(stored).flatMap((plane) => plane.tiles)) {
      const tile = await storage.read(key)
      if (!(tile instanceof Uint8Array && tile.buffer instanceof ArrayBuffer))
        throw new Error(`A part of “${stored.name}” is missing from the browser’s storage.`)
      const bytes = new Uint8Array(tile.buffer, tile.byteOffset, tile.byteLength)
      tiles.set(key, bytes)
      keyOf.set(bytes, key)
    }
    kept = new Set(tiles.keys())
    return unpackDocument(stored, tiles)
  }

  const savedAt = async (): Promise<number | null> => {
    const stored = await storage.read(documentKey)
    return isStoredDocument(stored) ? stored.saved : null
  }

  const forget = async (): Promise<void> => {
    kept = new Set()
    const isOwn = (key: string): boolean => key === documentKey || key.startsWith(tilePrefix)
    await storage.remove((await storage.keys()).filter(isOwn))
  }

  return { save, load, savedAt, forget }
}

const isStoredDocument = (value: unknown): value is StoredDocument =>
  typeof value === 'object' && value !== null && 'version' in value && value.version === version

function packDocument(
  document: CanvasDocument,
  keyOf: (tile: Tile) => string
): Omit<StoredDocument, 'saved'> {
  const pack = ({ channels, fill, tiles }: Plane): StoredPlane => ({
    channels,
    fill,
    tiles: [...tiles].map(([place, tile]) => [place, keyOf(tile)])
  })
  const layers = document.layers.map((layer) => ({
    ...layer,
    pixels: pack(layer.pixels),
    mask: layer.mask === null ? null : { enabled: layer.mask.enabled, plane: pack(layer.mask.plane) }
  }))
  const selection = document.selection === null ? null : pack(document.selection)
  return { ...document, version, layers, selection }
}

function unpackDocument(stored: StoredDocument, tiles: ReadonlyMap<string, Tile>): CanvasDocument {
  const unpack = ({ channels, fill, tiles: places }: StoredPlane): Plane => ({
    channels,
    fill,
    tiles: new Map(places.map(([place, key]) => [place, tiles.get(key)!]))
  })
  const { id, name, canvas, origin, activeLayerId, editing, area = null } = stored
  const layers = stored.layers.map((layer) => ({
    ...layer,
    // Documents of before layers had these.
    role: unpackRole(layer.role),
    made: layer.made ?? null,
    pixels: unpack(layer.pixels),
    mask: layer.mask === null ? null : { enabled: layer.mask.enabled, plane: unpack(layer.mask.plane) }
  }))
  const selection = stored.selection === null ? null : unpack(stored.selection)
  return { id, name, canvas, layers, origin, activeLayerId, editing, selection, area }
}

/** Control layers of before unions say nothing of what their maps show. */
const unpackRole = (role: StoredLayer['role']): LayerRole =>
  role === undefined
    ? pictureRole
    : role.kind === 'control'
      ? { ...role, mapKind: role.mapKind ?? null }
      : role

function storedPlanes({ layers, selection }: StoredDocument): readonly StoredPlane[] {
  const ofLayers = layers.flatMap(({ pixels, mask }) => (mask === null ? [pixels] : [pixels, mask.plane]))
  return selection === null ? ofLayers : [...ofLayers, selection]
}
