import type { Rect } from '../../../bridge-server/protocol/geometry.ts'
import type { RgbaImage } from '../../../plugin/hosts/host.ts'
import type { Photoshop } from '../../../plugin/hosts/photoshop/photoshop-api.ts'
import { createAction } from './action.ts'
import { converter } from './colour.ts'
import { closeSilently, createCore } from './core.ts'
import { composite, full, samplesOf, type LayerState, type Plane } from './document-state.ts'
import { addDocument, createApp, emptyLayer, resizeCanvas, selectRectangle } from './dom.ts'
import { createImaging } from './imaging.ts'
import { selectionOf } from './planes.ts'
import { usualKnobs, type Knobs } from './knobs.ts'
import { strict } from './strict.ts'
import {
  canvasOf,
  change,
  channelsOf,
  createWorld,
  notify,
  openDocument,
  type SimDocument,
  type World
} from './world.ts'

/** A Photoshop in memory: what a plugin can call, and what a person can do and see. */
export interface Simulator {
  readonly photoshop: Photoshop
  readonly world: World
  readonly person: Person
  /** What broke a rule: Photoshop's own, or the project's. Empty at the end of a good test. */
  readonly faults: () => readonly string[]
}

export interface Opened {
  readonly name?: string
  readonly path?: string
  readonly mode?: string
  readonly depth?: SimDocument['depth']
  /** Empty: none. */
  readonly profile?: string
  /** The picture lies on the Background, or on a layer. */
  readonly isBackground?: boolean
}

export interface Person {
  open(picture: RgbaImage, how?: Opened): SimDocument
  close(): void
  switchTo(document: SimDocument): void
  select(area: Rect | null): void
  selectSoftly(area: Rect, mask: Uint8Array<ArrayBuffer>): void
  extend(by: number): void
  /** Gives the lowest layer other pixels, in the document's own numbers, alpha last. */
  paint(samples: readonly number[]): void
  undo(): void
  setVisible(layerId: number, visible: boolean): void
  deleteLayer(layerId: number): void
  /** Presses Esc while a modal command runs. */
  cancel(): void
  front(): SimDocument
  /** The flattened picture in sRGB, read by another way than the plugin's. */
  see(): RgbaImage
}

export function createSimulator(knobs: Partial<Knobs> = {}): Simulator {
  const world = createWorld({ ...usualKnobs, ...knobs })
  const photoshop = strict('photoshop', {
    app: createApp(world),
    core: createCore(world),
    action: createAction(world),
    imaging: createImaging(world),
    constants: strict('constants', {
      ElementPlacement: strict('ElementPlacement', { PLACEBEFORE: 'placeBefore' }),
      AnchorPosition: strict('AnchorPosition', { TOPLEFT: 'top-left', BOTTOMRIGHT: 'bottom-right' }),
      SelectionType: strict('SelectionType', { REPLACE: 'set' }),
      NewDocumentMode: strict('NewDocumentMode', { RGB: 'RGBColorMode', GRAYSCALE: 'grayscaleMode' }),
      DocumentFill: strict('DocumentFill', { TRANSPARENT: 'transparent' })
    })
  })
  return {
    photoshop,
    world,
    person: createPerson(world),
    faults: () => [
      ...world.faults,
      ...(world.images.live === 0 ? [] : [`${world.images.live} images were never disposed of`]),
      ...(world.scope === null ? [] : [`“${world.scope.name}” never ended`])
    ]
  }
}

function createPerson(world: World): Person {
  const front = (): SimDocument => openDocument(world, world.activeId)
  const act = (event: string, work: () => void): void => {
    work()
    notify(world, event)
  }
  const setLayers = (name: string, layers: readonly LayerState[]): void =>
    change(world, front(), name, { ...front().state, layers })
  return {
    front,
    open(
      picture,
      {
        name = 'Untitled-1',
        path,
        mode = 'RGBColorMode',
        depth = 8,
        profile = usualProfile(mode),
        isBackground = false
      } = {}
    ) {
      const { width, height } = picture
      const document = addDocument(world, { name, width, height, mode, depth, profile })
      if (path !== undefined) document.path = path
      const layer = {
        ...emptyLayer(world.nextId(), isBackground ? 'Background' : 'Picture'),
        isBackground,
        pixels: planeOf(document, picture)
      }
      document.state = { ...document.state, layers: [layer], active: [layer.id] }
      document.history = [{ id: world.nextId(), name: 'Open', state: document.state }]
      notify(world, 'open')
      return document
    },
    close: () => act('close', () => closeSilently(world, front().id)),
    switchTo: ({ id }) => act('select', () => (world.activeId = openDocument(world, id).id)),
    select: (area) =>
      act('set', () => {
        if (area === null) change(world, front(), 'Deselect', { ...front().state, selection: null })
        else
          selectRectangle(world, front(), {
            left: area.x,
            top: area.y,
            right: area.x + area.width,
            bottom: area.y + area.height
          })
      }),
    selectSoftly: (area, mask) =>
      act('set', () =>
        change(world, front(), 'Lasso', {
          ...front().state,
          selection: selectionOf({ area, components: 1, data: mask })
        })
      ),
    extend: (by) =>
      act('crop', () => {
        const { width, height } = canvasOf(front())
        resizeCanvas(world, front(), width + by, height, 'top-left')
      }),
    paint: (samples) =>
      act('set', () => {
        const layers = front().state.layers.map((layer, at, all) => {
          if (at < all.length - 1 || layer.pixels === null) return layer
          const data = samplesOf(samples.length, front().depth)
          data.set(samples)
          return { ...layer, pixels: { ...layer.pixels, data } }
        })
        setLayers('Paint', layers)
      }),
    undo: () =>
      act('select', () => {
        const { history } = front()
        if (history.length > 1) history.pop()
        front().state = history.at(-1)!.state
      }),
    setVisible: (layerId, visible) =>
      act(visible ? 'show' : 'hide', () => {
        // No step of the history, as in Photoshop.
        front().state = {
          ...front().state,
          layers: front().state.layers.map((layer) => (layer.id === layerId ? { ...layer, visible } : layer))
        }
      }),
    deleteLayer: (layerId) =>
      act('select', () =>
        setLayers(
          'Delete Layer',
          front().state.layers.filter(({ id }) => id !== layerId)
        )
      ),
    cancel() {
      if (world.scope !== null) world.scope.isCancelled = true
    },
    see() {
      const document = front()
      const { width, height } = document.state
      const channels = channelsOf(document)
      const samples = composite(document.state, canvasOf(document), channels, document.depth)
      const top = full[document.depth]!
      const convert =
        document.profile === '' ? null : converter(document.profile, usualProfile(document.mode))
      const data = new Uint8ClampedArray(width * height * 4)
      for (let pixel = 0; pixel < width * height; pixel++) {
        const from = pixel * (channels + 1)
        const alpha = samples[from + channels]! / top
        if (alpha === 0) continue
        const own = [...samples.subarray(from, from + channels)].map((value) => value / top)
        const colour = convert?.(own) ?? own
        for (let channel = 0; channel < 3; channel++)
          data[pixel * 4 + channel] = Math.round((colour[channel] ?? colour[0]!) * 255)
        data[pixel * 4 + 3] = Math.round(alpha * 255)
      }
      return { width, height, data }
    }
  }
}

const usualProfile = (mode: string): string =>
  mode === 'grayscaleMode' ? 'Gray Gamma 2.2' : 'sRGB IEC61966-2.1'

/** A picture of sRGB in the document's own numbers. */
function planeOf(document: SimDocument, { width, height, data }: RgbaImage): Plane {
  const channels = channelsOf(document)
  const top = full[document.depth]!
  const samples = samplesOf(width * height * (channels + 1), document.depth)
  const convert = document.profile === '' ? null : converter(usualProfile(document.mode), document.profile)
  for (let pixel = 0; pixel < width * height; pixel++) {
    if (convert === null)
      for (let channel = 0; channel < channels; channel++)
        samples[pixel * (channels + 1) + channel] = Math.round((data[pixel * 4 + channel]! / 255) * top)
    else {
      const colour = convert([...data.subarray(pixel * 4, pixel * 4 + channels)].map((value) => value / 255))
      colour.forEach(
        (value, channel) => (samples[pixel * (channels + 1) + channel] = Math.round(value * top))
      )
    }
    samples[pixel * (channels + 1) + channels] = Math.round((data[pixel * 4 + 3]! / 255) * top)
  }
  return { area: { x: 0, y: 0, width, height }, components: channels + 1, data: samples }
}
