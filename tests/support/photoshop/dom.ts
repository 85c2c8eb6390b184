import type {
  App,
  Bounds,
  Document,
  Layer,
  Selection
} from '../../../plugin/hosts/photoshop/photoshop-api.ts'
import { closeSilently } from './core.ts'
import {
  changeLayer,
  findLayer,
  full,
  samplesOf,
  shifted,
  type LayerState,
  type Plane
} from './document-state.ts'
import { selectionOf } from './planes.ts'
import { onlyKeys, SimUnsupported, strict } from './strict.ts'
import {
  canvasOf,
  change,
  channelsOf,
  openDocument,
  requireScope,
  type SimDocument,
  type World
} from './world.ts'

/** `require('photoshop').app`, and the documents, layers and selections that hang on it. */
export function createApp(world: World): App {
  return strict('app', {
    get activeDocument() {
      return world.activeId === null ? null : documentOf(world, world.activeId)
    },
    set activeDocument(document: Document | null) {
      requireScope(world, 'select document', 'change')
      world.activeId = openDocument(world, document?.id).id
    },
    get documents() {
      return world.documents.map(({ id }) => documentOf(world, id))
    },
    async createDocument(options: Parameters<App['createDocument']>[0]) {
      requireScope(world, 'make document', 'change')
      onlyKeys('createDocument', options, [
        'name',
        'width',
        'height',
        'resolution',
        'mode',
        'fill',
        'depth',
        'profile'
      ])
      await Promise.resolve()
      return documentOf(world, addDocument(world, { ...options, depth: options.depth === 16 ? 16 : 8 }).id)
    }
  })
}

/** A new document in front, with one empty layer. */
export function addDocument(
  world: World,
  {
    name,
    width,
    height,
    mode,
    depth,
    profile
  }: {
    readonly name: string
    readonly width: number
    readonly height: number
    readonly mode: string
    readonly depth: SimDocument['depth']
    readonly profile: string
  }
): SimDocument {
  const layer = emptyLayer(world.nextId(), 'Layer 1')
  const state = { width, height, layers: [layer], selection: null, active: [layer.id] }
  const document: SimDocument = {
    id: world.nextId(),
    name,
    path: world.knobs.unsavedPath === 'name' ? name : '',
    ...{ mode, depth, profile, state },
    quickMask: false,
    history: [{ id: world.nextId(), name: 'New', state }],
    suspended: null
  }
  world.documents.push(document)
  world.activeId = document.id
  return document
}

export const emptyLayer = (id: number, name: string): LayerState => ({
  ...{
    id,
    name,
    kind: 'pixel',
    visible: true,
    opacity: 100,
    isBackground: false,
    pixels: null,
    mask: null,
    children: null
  }
})

function documentOf(world: World, id: number): Document {
  const open = (): SimDocument => openDocument(world, id)
  const layersOf = (layers: readonly LayerState[]): Layer[] =>
    layers.map((layer) => layerOf(world, id, layer.id))
  const set = (name: string, next: Partial<SimDocument['state']>): void =>
    change(world, open(), name, { ...open().state, ...next })
  return strict('document', {
    get id() {
      return open().id
    },
    get name() {
      return open().name
    },
    get path() {
      return open().path
    },
    get width() {
      return open().state.width
    },
    get height() {
      return open().state.height
    },
    get mode() {
      return open().mode
    },
    get bitsPerChannel() {
      return `bitDepth${open().depth}`
    },
    get colorProfileName() {
      return open().profile === '' ? 'None' : open().profile
    },
    get colorProfileType() {
      return open().profile === '' ? 'none' : 'customEnum'
    },
    get quickMaskMode() {
      return open().quickMask
    },
    get activeHistoryState() {
      const { history } = open()
      return strict('historyState', { id: history.at(-1)!.id, name: history.at(-1)!.name })
    },
    get selection() {
      return selectionObject(world, id)
    },
    get layers() {
      return layersOf(open().state.layers)
    },
    get activeLayers() {
      return open().state.active.map((layerId) => layerOf(world, id, layerId))
    },
    set activeLayers(layers: readonly Layer[]) {
      requireScope(world, 'select', 'change')
      set('Select layers', { active: layers.map((layer) => layer.id) })
    },
    get backgroundLayer() {
      const last = open().state.layers.at(-1)
      return last?.isBackground === true ? layerOf(world, id, last.id) : null
    },
    async createPixelLayer(options: { readonly name: string }) {
      requireScope(world, 'make layer', 'change')
      onlyKeys('createPixelLayer', options, ['name'])
      const layer = emptyLayer(world.nextId(), options.name)
      const { layers, active } = open().state
      const above = active.at(-1)
      const next =
        above === undefined
          ? [layer, ...layers]
          : changeLayer(layers, above, (reference) => [layer, reference])
      set('New Layer', { layers: next, active: [layer.id] })
      await Promise.resolve()
      return layerOf(world, id, layer.id)
    },
    async resizeCanvas(width: number, height: number, anchor: string) {
      requireScope(world, 'canvasSize', 'change')
      resizeCanvas(world, open(), width, height, anchor)
      await Promise.resolve()
    },
    closeWithoutSaving() {
      requireScope(world, 'close', 'change')
      if (world.activeId !== id) throw new SimUnsupported('closing of a document that is not in front')
      closeSilently(world, id)
    }
  })
}

/** A Background is filled with white where the canvas grows; other layers stay as they are. */
export function resizeCanvas(
  world: World,
  document: SimDocument,
  width: number,
  height: number,
  anchor: string
): void {
  const { state } = document
  const [dx, dy] =
    anchor === 'top-left'
      ? [0, 0]
      : anchor === 'bottom-right'
        ? [width - state.width, height - state.height]
        : [NaN, NaN]
  if (Number.isNaN(dx)) throw new SimUnsupported(`anchor ${anchor}`)
  const moved = shifted(state, width, height, dx, dy)
  const layers = moved.layers.map((layer) =>
    layer.isBackground && layer.pixels !== null
      ? { ...layer, pixels: onWhite(document, layer.pixels, width, height) }
      : layer
  )
  change(world, document, 'Canvas Size', { ...moved, layers })
}

function onWhite(document: SimDocument, plane: Plane, width: number, height: number): Plane {
  const components = channelsOf(document) + 1
  const data = samplesOf(width * height * components, document.depth).fill(full[document.depth]!)
  for (let y = 0; y < plane.area.height; y++)
    data.set(
      plane.data.subarray(y * plane.area.width * components, (y + 1) * plane.area.width * components),
      ((plane.area.y + y) * width + plane.area.x) * components
    )
  return { area: { x: 0, y: 0, width, height }, components, data }
}

function layerOf(world: World, documentId: number, id: number): Layer {
  const own = (): LayerState => {
    const layer = findLayer(openDocument(world, documentId).state.layers, id)
    if (layer === null) throw new Error(`The object layer ${id} is not currently available.`)
    return layer
  }
  return strict('layer', {
    get id() {
      return own().id
    },
    get name() {
      return own().name
    },
    get kind() {
      return own().kind
    },
    get visible() {
      return own().visible
    },
    get opacity() {
      return own().opacity
    },
    get isBackgroundLayer() {
      return own().isBackground
    },
    get bounds() {
      const area = own().pixels?.area ?? { x: 0, y: 0, width: 0, height: 0 }
      return boundsObject(area.x, area.y, area.x + area.width, area.y + area.height)
    },
    get layers() {
      return own().children?.map((child) => layerOf(world, documentId, child.id)) ?? null
    },
    move(relative: Layer, placement: string) {
      requireScope(world, 'move', 'change')
      if (placement !== 'placeBefore') throw new SimUnsupported(`placement ${placement}`)
      const document = openDocument(world, documentId)
      const moved = own()
      const without = changeLayer(document.state.layers, id, () => [])
      const layers = changeLayer(without, relative.id, (reference) => [moved, reference])
      change(world, document, 'Move Layer', { ...document.state, layers })
    },
    delete() {
      requireScope(world, 'delete', 'change')
      const document = openDocument(world, documentId)
      const active = document.state.active.filter((other) => other !== own().id)
      const layers = changeLayer(document.state.layers, id, () => [])
      change(world, document, 'Delete Layer', { ...document.state, layers, active })
    }
  })
}

const boundsObject = (left: number, top: number, right: number, bottom: number): Bounds =>
  strict('bounds', { left, top, right, bottom, width: right - left, height: bottom - top })

function selectionObject(world: World, documentId: number): Selection {
  const document = (): SimDocument => openDocument(world, documentId)
  return strict('selection', {
    get bounds() {
      const { selection } = document().state
      if (selection === null) return null
      const { x, y, width, height } = selection.plane.area
      return boundsObject(x, y, x + width, y + height)
    },
    get solid() {
      return document().state.selection?.solid === true
    },
    async selectRectangle(bounds: Bounds, mode: string) {
      requireScope(world, 'set selection', 'change')
      if (mode !== 'set') throw new SimUnsupported(`selection mode ${mode}`)
      onlyKeys('selectRectangle', bounds, ['left', 'top', 'right', 'bottom'])
      selectRectangle(world, document(), bounds)
      await Promise.resolve()
    },
    async deselect() {
      requireScope(world, 'deselect', 'change')
      change(world, document(), 'Deselect', { ...document().state, selection: null })
      await Promise.resolve()
    }
  })
}

export function selectRectangle(
  world: World,
  document: SimDocument,
  { left, top, right, bottom }: Bounds
): void {
  const canvas = canvasOf(document)
  const limit = <T>(beyond: T, inside: T): T => (world.knobs.selectionBeyondCanvas ? beyond : inside)
  const x = limit(left, Math.max(0, left))
  const y = limit(top, Math.max(0, top))
  const width = limit(right, Math.min(canvas.width, right)) - x
  const height = limit(bottom, Math.min(canvas.height, bottom)) - y
  const selection =
    width <= 0 || height <= 0
      ? null
      : selectionOf({
          area: { x, y, width, height },
          components: 1,
          data: new Uint8Array(width * height).fill(255)
        })
  change(world, document, 'Rectangular Marquee', { ...document.state, selection })
}
