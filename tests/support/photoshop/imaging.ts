import type { Rect } from '../../../bridge-server/protocol/geometry.ts'
import type { Bounds, ImageData, Imaging } from '../../../plugin/hosts/photoshop/photoshop-api.ts'
import { converter, profiles, type Convert } from './colour.ts'
import {
  changeLayer,
  composite,
  findLayer,
  full,
  intersection,
  samplesOf,
  union,
  valueAt,
  type LayerState,
  type Plane,
  type Samples
} from './document-state.ts'
import { noting, onlyKeys, SimUnsupported, strict } from './strict.ts'
import {
  canvasOf,
  change,
  channelsOf,
  measureBuffer,
  openDocument,
  requireScope,
  type SimDocument,
  type World
} from './world.ts'

/** Photoshop died; nothing may go on as if it had not. */
export class PhotoshopCrashed extends Error {}

interface Held {
  readonly samples: Samples
  readonly width: number
  readonly height: number
  readonly components: number
  readonly colorSpace: string
  readonly colorProfile: string
}

/** More than this at once makes Photoshop complain about its plugin. */
const memoryLimit = 600 * 1024 * 1024

/** `require('photoshop').imaging`. */
export function createImaging(world: World): Imaging {
  const contents = new WeakMap<object, Held>()

  function imageOf(held: Held): ImageData {
    const { samples, width, height, components } = held
    const { images } = world
    images.live++
    images.made++
    images.bytes += samples.byteLength
    images.largest = Math.max(images.largest, samples.byteLength)
    measureBuffer(world, 'an image', samples.byteLength)
    if (images.bytes > memoryLimit) world.faults.push(`${images.bytes} bytes of images at once`)
    let isDisposed = false
    const depth = depthOf(samples)
    const image = strict('imageData', {
      ...{ width, height, components, componentSize: depth },
      ...{ colorSpace: held.colorSpace, colorProfile: held.colorProfile, hasAlpha: components % 2 === 0 },
      isChunky: true,
      type: 'image/uncompressed',
      getData(options: { readonly chunky: boolean }) {
        onlyKeys('getData', options, [], ['chunky', 'fullRange'])
        if (isDisposed) return Promise.reject(new Error('The image data was disposed'))
        return Promise.resolve(samples.slice())
      },
      dispose() {
        if (isDisposed) return
        isDisposed = true
        contents.delete(image)
        images.live--
        images.bytes -= samples.byteLength
      }
    }) as unknown as ImageData
    contents.set(image, held)
    return image
  }

  function heldBy(image: unknown): Held {
    const held = typeof image === 'object' && image !== null ? contents.get(image) : undefined
    if (held === undefined) throw new Error('imageData is not an image, or was disposed')
    return held
  }

  function maskTarget(options: { imageData: unknown; targetBounds: unknown }) {
    const held = heldBy(options.imageData)
    if (held.components !== 1 || held.colorSpace !== 'Grayscale')
      throw new Error('imageData must have a single component in Grayscale')
    return { held, area: targetArea(options.targetBounds, held) }
  }

  const api: Imaging = {
    async getPixels(options) {
      world.calls.push('getPixels')
      requireScope(world, 'getPixels', 'imaging')
      onlyKeys(
        'getPixels',
        options,
        ['documentID', 'sourceBounds'],
        ['layerID', 'colorSpace', 'colorProfile', 'componentSize']
      )
      const document = openDocument(world, options.documentID)
      checkForm(world, document, options)
      await Promise.resolve()
      return options.layerID === undefined
        ? pixelsOf(document, document.state, options)
        : layerPixels(document, needLayer(document, options.layerID), options)
    },

    async putPixels(options) {
      world.calls.push('putPixels')
      requireScope(world, 'putPixels', 'imaging')
      onlyKeys('putPixels', options, ['documentID', 'layerID', 'imageData', 'replace', 'targetBounds'])
      const document = openDocument(world, options.documentID)
      refuseMode(document)
      const layer = needLayer(document, options.layerID)
      if (layer.kind !== 'pixel') throw new Error('The target is not a pixel layer')
      const held = heldBy(options.imageData)
      const channels = channelsOf(document)
      if (depthOf(held.samples) !== document.depth)
        throw new SimUnsupported(`${depthOf(held.samples)} bits put into a document of ${document.depth}`)
      if (channels === 1 && held.colorSpace === 'RGB' && !world.knobs.greyTakesRgb)
        throw new Error('The color space of imageData is not that of the document')
      if (channels === 3 && held.colorSpace === 'Grayscale')
        throw new SimUnsupported(`${held.colorSpace} put into ${document.mode}`)
      const area = targetArea(options.targetBounds, held)
      const next = placed(document, channels === 1 ? greyed(held) : held, area)
      const old = options.replace ? null : layer.pixels
      const pixels = old === null ? next : merged(old, next, channels, document.depth, world.knobs.addRule)
      replaceLayer(world, document, 'Put Pixels', { ...layer, pixels })
      await Promise.resolve()
    },

    async getLayerMask(options) {
      world.calls.push('getLayerMask')
      requireScope(world, 'getLayerMask', 'imaging')
      onlyKeys('getLayerMask', options, ['documentID', 'layerID', 'sourceBounds'])
      const document = openDocument(world, options.documentID)
      const { mask } = needLayer(document, options.layerID)
      if (mask === null) throw new Error('The layer has no user mask')
      const area = insideCanvas(document, options.sourceBounds)
      await Promise.resolve()
      return maskReply(document, area, (x, y) => valueAt(mask, x, y, mask.outside))
    },

    async putLayerMask(options) {
      world.calls.push('putLayerMask')
      requireScope(world, 'putLayerMask', 'imaging')
      onlyKeys('putLayerMask', options, ['documentID', 'layerID', 'imageData', 'replace', 'targetBounds'])
      const document = openDocument(world, options.documentID)
      const layer = needLayer(document, options.layerID)
      if (layer.isBackground) throw new Error('The Background cannot have a mask')
      const { held, area } = maskTarget(options)
      const depth = depthOf(held.samples)
      if (document.depth === 16 && !world.knobs.maskDepths.includes(depth === 16 ? 16 : 8))
        throw new Error('Photoshop Error. Code: -1')
      if (document.depth === 8 && depth !== 8) throw new SimUnsupported('a deep mask in an 8-bit document')
      const scale = full[document.depth]! / full[depth]!
      const data = samplesOf(held.samples.length, document.depth)
      held.samples.forEach((value, at) => (data[at] = Math.round(value * scale)))
      if (world.knobs.zeroBlockBug) whitenZeroBlocks(data, area, full[document.depth]!)
      const { maskOutside } = world.knobs
      const outside = maskOutside === 'random' ? Math.floor(Math.random() * 256) : maskOutside
      const own = { area, components: 1, data, outside: (outside / 255) * full[document.depth]! }
      const old = options.replace ? null : layer.mask
      replaceLayer(world, document, 'Put Mask', { ...layer, mask: old === null ? own : over(old, own) })
      await Promise.resolve()
    },

    async getSelection(options) {
      world.calls.push('getSelection')
      requireScope(world, 'getSelection', 'imaging')
      onlyKeys('getSelection', options, ['documentID', 'sourceBounds'])
      const document = openDocument(world, options.documentID)
      const { selection } = document.state
      if (selection === null) throw new Error('There is no selection')
      const asked = insideCanvas(document, options.sourceBounds)
      const area = world.knobs.selectionTrim ? intersection(asked, selection.plane.area) : asked
      if (area === null) throw new Error('There is no selection in the requested area')
      const scale = full[document.depth]! / 255
      await Promise.resolve()
      return maskReply(document, area, (x, y) => valueAt(selection.plane, x, y, 0) * scale)
    },

    async putSelection(options) {
      world.calls.push('putSelection')
      requireScope(world, 'putSelection', 'imaging')
      onlyKeys('putSelection', options, ['documentID', 'imageData', 'replace', 'targetBounds'])
      const document = openDocument(world, options.documentID)
      const { held, area } = maskTarget(options)
      if (depthOf(held.samples) !== 8) throw new SimUnsupported('a deep selection')
      const old = options.replace ? null : document.state.selection
      const plane = { area, components: 1, data: held.samples }
      const both = old === null ? plane : over({ ...old.plane, outside: 0 }, { ...plane, outside: 0 })
      change(world, document, 'Put Selection', { ...document.state, selection: selectionOf(both) })
      await Promise.resolve()
    },

    async createImageDataFromBuffer(samples, options) {
      onlyKeys(
        'createImageDataFromBuffer',
        options,
        ['width', 'height', 'components', 'colorSpace', 'chunky'],
        ['colorProfile']
      )
      if (
        ![Uint8Array, Uint16Array, Float32Array].some(
          (kind) => Object.getPrototypeOf(samples) === kind.prototype
        )
      )
        throw new Error('Argument 1 must be a Uint8Array, a Uint16Array or a Float32Array')
      const { width, height, components, colorSpace, colorProfile = '' } = options
      const least = { Grayscale: [1, 2], RGB: [3, 4] }[colorSpace]
      if (!least.includes(components)) throw new Error(`${components} components are no ${colorSpace}`)
      if (samples.length !== width * height * components)
        throw new Error('The buffer has the wrong number of elements')
      if (samples instanceof Uint16Array && samples.some((value) => value > 32768))
        throw new SimUnsupported('16-bit sample above 32768')
      if (colorProfile !== '' && profiles[colorProfile]?.space !== colorSpace)
        throw new Error(`${colorProfile} is no profile of ${colorSpace}`)
      await Promise.resolve()
      return imageOf({ samples: samples.slice(), width, height, components, colorSpace, colorProfile })
    },

    async encodeImageData(options) {
      if (world.knobs.encodeNeedsModal) requireScope(world, 'encodeImageData', 'imaging')
      onlyKeys('encodeImageData', options, ['imageData', 'base64'])
      const held = heldBy(options.imageData)
      if (held.colorSpace !== 'RGB' || held.components !== 3 || depthOf(held.samples) !== 8)
        throw new Error('Only opaque RGB of 8 bits can be encoded')
      const { default: sharp } = await import('sharp')
      const { width, height } = held
      const jpeg = await sharp(held.samples, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: 70 })
        .toBuffer()
      return jpeg.toString('base64')
    }
  }
  return strict('imaging', noting(world.faults, api))

  function layerPixels(document: SimDocument, layer: LayerState, options: Asked) {
    const alone = { ...document.state, layers: [{ ...layer, mask: null, visible: true }] }
    return pixelsOf(document, alone, options)
  }

  /** What is visible of `state` in a region of the canvas. */
  function pixelsOf(
    document: SimDocument,
    state: SimDocument['state'],
    { sourceBounds, colorProfile = document.profile, componentSize }: Asked
  ) {
    const asked = regionOf(sourceBounds)
    const inside = intersection(asked, canvasOf(document))
    if (inside === null || inside.width < asked.width || inside.height < asked.height)
      throw new SimUnsupported('pixels beyond the canvas')
    const channels = channelsOf(document)
    const space = channels === 1 ? 'Grayscale' : 'RGB'
    const all = composite(state, asked, channels, document.depth)
    const area = trimmed(world, state, asked, all, channels)
    if (area === null) {
      if (world.knobs.emptyRegion === 'reject') throw new Error('No pixels in the requested area')
      const empty = { ...asked, width: 0, height: 0 }
      const held = heldOf(samplesOf(0, document.depth), empty, channels + 1, space, '')
      return { imageData: imageOf(held), sourceBounds: boundsOf(empty) }
    }
    const lowest = state.layers.at(-1)
    const components = lowest?.isBackground === true && lowest.visible ? channels : channels + 1
    const part = cropped(all, asked, area, channels + 1)
    const rounding = world.knobs.dithers ? Math.random : () => 0.5
    const samples = converted(document, part, { channels, components, to: colorProfile, rounding })
    const held = heldOf(inDepth(samples, componentSize), area, components, space, colorProfile)
    return { imageData: imageOf(held), sourceBounds: boundsOf(area) }
  }

  function maskReply(document: SimDocument, area: Rect, value: (x: number, y: number) => number) {
    const depth = document.depth === 16 && world.knobs.deepMasks ? 16 : 8
    const scale = full[depth]! / full[document.depth]!
    const samples = samplesOf(area.width * area.height, depth)
    for (let y = 0; y < area.height; y++)
      for (let x = 0; x < area.width; x++)
        samples[y * area.width + x] = Math.round(value(area.x + x, area.y + y) * scale)
    const held = heldOf(samples, area, 1, 'Grayscale', 'Gray Gamma 2.2')
    return { imageData: imageOf(held), sourceBounds: boundsOf(area) }
  }
}

const heldOf = (
  samples: Samples,
  { width, height }: Rect,
  components: number,
  colorSpace: string,
  colorProfile: string
): Held => ({
  ...{ samples, width, height, components, colorSpace, colorProfile }
})

interface Asked {
  readonly sourceBounds: Bounds
  readonly colorProfile?: string
  readonly componentSize?: number
}

const inDepth = (samples: Samples, depth: number | undefined): Samples =>
  depth === 8 && samples instanceof Uint16Array
    ? Uint8Array.from(samples, (value) => Math.round((value * 255) / 32768))
    : samples

/** RGB as grey and alpha, by its brightness; anything else as it is. */
function greyed(held: Held): Held {
  const { samples, components, width, height } = held
  if (held.colorSpace !== 'RGB') return held
  const grey = samplesOf(width * height * 2, depthOf(samples))
  for (let pixel = 0, at = 0; pixel < width * height; pixel++, at += components) {
    grey[pixel * 2] = Math.round(0.3 * samples[at]! + 0.59 * samples[at + 1]! + 0.11 * samples[at + 2]!)
    grey[pixel * 2 + 1] = components === 4 ? samples[at + 3]! : full[depthOf(samples)]!
  }
  return { ...held, samples: grey, components: 2, colorSpace: 'Grayscale', colorProfile: '' }
}

const depthOf = (samples: Samples): 8 | 16 | 32 =>
  samples instanceof Uint8Array ? 8 : samples instanceof Uint16Array ? 16 : 32

const boundsOf = ({ x, y, width, height }: Rect): Bounds => ({
  left: x,
  top: y,
  right: x + width,
  bottom: y + height
})

function regionOf(bounds: Bounds): Rect {
  onlyKeys('sourceBounds', bounds, ['left', 'top', 'right', 'bottom'])
  const { left, top, right, bottom } = bounds
  if (![left, top, right, bottom].every(Number.isInteger)) throw new SimUnsupported('bounds of broken pixels')
  if (right <= left || bottom <= top) throw new Error('sourceBounds are empty')
  return { x: left, y: top, width: right - left, height: bottom - top }
}

function insideCanvas(document: SimDocument, bounds: Bounds): Rect {
  const asked = regionOf(bounds)
  const inside = intersection(asked, canvasOf(document))
  if (inside === null || inside.width < asked.width || inside.height < asked.height)
    throw new SimUnsupported('mask or selection beyond the canvas')
  return asked
}

function targetArea(target: unknown, { width, height }: Held): Rect {
  onlyKeys('targetBounds', target, ['left', 'top'])
  const { left, top } = target as { left: number; top: number }
  if (!Number.isInteger(left) || !Number.isInteger(top))
    throw new SimUnsupported('targetBounds of broken pixels')
  return { x: left, y: top, width, height }
}

function checkForm(
  { knobs }: World,
  document: SimDocument,
  { colorSpace, componentSize }: { readonly colorSpace?: string; readonly componentSize?: number }
): void {
  refuseMode(document)
  if (componentSize === 8 && document.depth === 16 && knobs.deepReadAsEight) return
  if (componentSize !== undefined && componentSize !== document.depth)
    throw new Error('Photoshop Error. Code: -1')
  const space = channelsOf(document) === 1 ? 'Grayscale' : 'RGB'
  if (colorSpace !== undefined && colorSpace !== space)
    throw new SimUnsupported(`conversion of ${space} to ${colorSpace}`)
}

function refuseMode({ mode }: SimDocument): void {
  if (mode === 'CMYKColorMode') throw new PhotoshopCrashed('pixels of a CMYK document were asked for')
  if (mode !== 'RGBColorMode' && mode !== 'grayscaleMode') throw new Error(`${mode} is not supported`)
}

function needLayer(document: SimDocument, id: number): LayerState {
  const layer = findLayer(document.state.layers, id)
  if (layer === null) throw new Error(`The object layer ${id} is not currently available.`)
  return layer
}

function replaceLayer(world: World, document: SimDocument, name: string, layer: LayerState): void {
  const layers = changeLayer(document.state.layers, layer.id, () => [layer])
  change(world, document, name, { ...document.state, layers })
}

/** The part of a region that is given: see Knobs.trim. */
function trimmed(
  world: World,
  state: SimDocument['state'],
  area: Rect,
  all: Samples,
  channels: number
): Rect | null {
  const held = heldArea(area, (at) => all[at * (channels + 1) + channels]! > 0)
  if (held === null || world.knobs.trim === 'tight') return held
  if (world.knobs.trim === 'off') return area
  const bounds = state.layers.flatMap(({ pixels, visible }) =>
    pixels === null || !visible ? [] : [pixels.area]
  )
  return intersection(area, bounds.reduce(union, held))
}

function cropped(samples: Samples, from: Rect, to: Rect, components: number): Samples {
  const out = samples.slice(0, to.width * to.height * components)
  for (let y = 0; y < to.height; y++) {
    const start = ((to.y - from.y + y) * from.width + to.x - from.x) * components
    out.set(samples.subarray(start, start + to.width * components), y * to.width * components)
  }
  return out
}

/** From the document's numbers to those of a profile; colour under nothing is anything. */
function converted(
  document: SimDocument,
  samples: Samples,
  {
    channels,
    components,
    to,
    rounding
  }: { channels: number; components: number; to: string; rounding: () => number }
): Samples {
  const all = channels + 1
  const out = recoded(
    samples,
    { channels, from: all, to: components },
    document.depth,
    conversion(document, document.profile, to),
    rounding
  )
  for (let pixel = 0; pixel < samples.length / all; pixel++)
    if (samples[pixel * all + channels] === 0)
      for (let channel = 0; channel < channels; channel++)
        out[pixel * components + channel] = Math.random() * full[document.depth]!
  return out
}

/** Pixels of `from` components as pixels of `to`, their colours converted; alpha is full where there was none. */
function recoded(
  samples: Samples,
  { channels, from, to }: { channels: number; from: number; to: number },
  depth: number,
  convert: Convert | null,
  rounding = () => 0.5
): Samples {
  const pixels = samples.length / from
  const out = samplesOf(pixels * to, depth)
  const top = full[depth]!
  for (let pixel = 0; pixel < pixels; pixel++) {
    if (convert === null)
      for (let channel = 0; channel < channels; channel++)
        out[pixel * to + channel] = samples[pixel * from + channel]!
    else {
      const colour = convert(
        Array.from({ length: channels }, (_, channel) => samples[pixel * from + channel]! / top)
      )
      for (let channel = 0; channel < channels; channel++)
        out[pixel * to + channel] = Math.min(top, Math.floor(colour[channel]! * top + rounding()))
    }
    if (to > channels) out[pixel * to + channels] = from > channels ? samples[pixel * from + channels]! : top
  }
  return out
}

function conversion(document: SimDocument, from: string, to: string): Convert | null {
  const working = document.mode === 'grayscaleMode' ? 'Dot Gain 20%' : 'sRGB IEC61966-2.1'
  return converter(
    from === '' ? (to === '' ? '' : working) : from,
    to === '' ? (from === '' ? '' : working) : to
  )
}

/** An image in the document's own numbers, with alpha. */
function placed(document: SimDocument, held: Held, area: Rect): Plane {
  const channels = channelsOf(document)
  const given = held.colorProfile === '' ? document.profile : held.colorProfile
  const convert = conversion(document, given, document.profile)
  const form = { channels, from: held.components, to: channels + 1 }
  return { area, components: channels + 1, data: recoded(held.samples, form, document.depth, convert) }
}

function merged(old: Plane, next: Plane, channels: number, depth: number, rule: 'copy' | 'over'): Plane {
  const area = union(old.area, next.area)
  if (rule === 'over') {
    const layer = (pixels: Plane): LayerState => ({
      ...{
        id: 0,
        name: '',
        kind: 'pixel',
        visible: true,
        opacity: 100,
        isBackground: false,
        mask: null,
        children: null,
        pixels
      }
    })
    const state = { width: 0, height: 0, selection: null, active: [], layers: [layer(next), layer(old)] }
    return { area, components: channels + 1, data: composite(state, area, channels, depth) }
  }
  const data = samplesOf(area.width * area.height * (channels + 1), depth)
  for (const { area: own, data: from } of [old, next])
    for (let y = 0; y < own.height; y++)
      data.set(
        from.subarray(y * own.width * (channels + 1), (y + 1) * own.width * (channels + 1)),
        ((own.y - area.y + y) * area.width + own.x - area.x) * (channels + 1)
      )
  return { area, components: channels + 1, data }
}

/** One-component planes: the newer over the older. */
function over<P extends Plane & { readonly outside: number }>(old: P, next: P): P {
  const area = union(old.area, next.area)
  const data = samplesOf(area.width * area.height, depthOf(next.data))
  for (let y = 0; y < area.height; y++)
    for (let x = 0; x < area.width; x++)
      data[y * area.width + x] = valueAt(
        next,
        area.x + x,
        area.y + y,
        valueAt(old, area.x + x, area.y + y, old.outside)
      )
  return { ...old, area, data }
}

/** The smallest rectangle with all pixels of `area` that hold something, or null. */
function heldArea({ x, y, width, height }: Rect, holds: (at: number) => boolean): Rect | null {
  let [left, top, right, bottom] = [width, height, 0, 0]
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      if (holds(row * width + column)) {
        if (column < left) left = column
        if (column >= right) right = column + 1
        if (row < top) top = row
        bottom = row + 1
      }
  return right === 0 ? null : { x: x + left, y: y + top, width: right - left, height: bottom - top }
}

export function selectionOf(plane: Plane) {
  const held = heldArea(plane.area, (at) => plane.data[at]! > 0)
  if (held === null) return null
  const data = cropped(plane.data, plane.area, held, 1)
  return { plane: { area: held, components: 1, data }, solid: data.every((value) => value === 255) }
}

function whitenZeroBlocks(data: Samples, { width, height }: Rect, white: number): void {
  for (let top = 0; top + 64 <= height; top += 64)
    for (let left = 0; left + 64 <= width; left += 64) {
      const rows = Array.from({ length: 64 }, (_, y) =>
        data.subarray((top + y) * width + left, (top + y) * width + left + 64)
      )
      if (rows.every((row) => row.every((value) => value === 0))) for (const row of rows) row.fill(white)
    }
}
