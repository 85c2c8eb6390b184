import type { Rect } from '../../../bridge-server/protocol/geometry.ts'
import type { Imaging } from '../../../plugin/hosts/photoshop/photoshop-api.ts'
import { profiles } from './colour.ts'
import {
  changeLayer,
  composite,
  depthOf,
  full,
  intersection,
  samplesOf,
  valueAt,
  type LayerState
} from './document-state.ts'
import { createImages, heldOf } from './image-data.ts'
import {
  boundsOf,
  checkForm,
  insideCanvas,
  needLayer,
  refuseMode,
  regionOf,
  targetArea,
  type Asked
} from './imaging-options.ts'
import { cropped, merged, over, selectionOf, trimmed, whitenZeroBlocks } from './planes.ts'
import { converted, greyed, inDepth, placed } from './recode.ts'
import { noting, onlyKeys, SimUnsupported, strict } from './strict.ts'
import {
  canvasOf,
  change,
  channelsOf,
  openDocument,
  requireScope,
  type SimDocument,
  type World
} from './world.ts'

/** `require('photoshop').imaging`. */
export function createImaging(world: World): Imaging {
  const { imageOf, heldBy } = createImages(world)

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
    const area = trimmed(world.knobs.trim, state, asked, all, channels)
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

function replaceLayer(world: World, document: SimDocument, name: string, layer: LayerState): void {
  const layers = changeLayer(document.state.layers, layer.id, () => [layer])
  change(world, document, name, { ...document.state, layers })
}
