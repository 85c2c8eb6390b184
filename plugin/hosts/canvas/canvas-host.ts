import type { Rect } from '#protocol/geometry.ts'
import { inOneBand, joined } from '../bands.ts'
import type { Host, NewLayer } from '../host.ts'
import { emptyBounds, flatten } from './composite.ts'
import { chooseArea, createDocument, selectionBounds, type CanvasDocument } from './document.ts'
import type { Editor } from './editor.ts'
import { areaOf } from './geometry.ts'
import { insertLayers } from './layer-edits.ts'
import { layerFrom, type Layer } from './layer.ts'
import { sizeProblem } from './limits.ts'
import { readPlane } from './plane.ts'
import { controlCount, controlsIn, seenByModel } from './seen-layers.ts'

/** The canvas editor as the panel sees it. Drafts of a gesture do not show here, only what was done. */
export function createCanvasHost(editor: Editor): Host {
  const { store } = editor
  const present = (): CanvasDocument | null => store.getState().document
  // Looking at every pixel takes a while, and selecting must not make it happen again.
  const bounds = new WeakMap<readonly Layer[], Rect | null>()

  return {
    name: 'Canvas',
    document: () =>
      answer(present, (document) => {
        const { id, name, canvas, origin, area } = document
        const controls = controlCount(document)
        return { id, name, canvas, origin, controls, ...(area === null ? {} : { area }) }
      }),
    selectionBounds: () => answer(present, selectionBounds),
    selection: () => answer(present, selectionOf),
    flatten: (area) =>
      Promise.resolve().then(() =>
        inOneBand(flatten(seenByModel(opened(present(), 'There is no document to read from.')), area))
      ),
    controls: (area) =>
      Promise.resolve().then(() => controlsIn(opened(present(), 'There is no document to read from.'), area)),
    emptyBounds: () =>
      answer(present, (document) => {
        const { layers } = document
        if (!bounds.has(layers)) bounds.set(layers, emptyBounds(seenByModel(document)))
        return bounds.get(layers) ?? null
      }),
    insertLayers: (documentId, layers) =>
      Promise.resolve().then(() => {
        const document = opened(present(), 'The document was closed, so the new layers have no place to go.')
        if (document.id !== documentId)
          throw new Error(`The document is no longer open; “${document.name}” is open in its place.`)
        for (const layer of layers) checkLayer(layer)
        const made = layers.map((layer) =>
          layerFrom(editor.newId(), { ...layer, pixels: joined(layer.pixels) })
        )
        const name = layers.length === 1 ? `Add “${layers[0]!.name}”` : `Add ${layers.length} layers`
        editor.apply(name, insertLayers(made))
      }),
    openProblem: sizeProblem,
    openDocument: (name, layer) =>
      Promise.resolve().then(() => {
        checkLayer(layer)
        const { width, height } = layer.area
        const problem = sizeProblem({ width, height })
        if (problem !== null) throw new Error(`“${name}” cannot be opened: ${problem}`)
        const only = layerFrom(editor.newId(), {
          ...layer,
          ...{ area: areaOf(layer.area), pixels: joined(layer.pixels) }
        })
        editor.open(createDocument({ id: editor.newId(), name, canvas: { width, height }, layers: [only] }))
      }),
    showArea: (automaticArea) => editor.set({ automaticArea }),
    chooseArea: (area) => editor.apply('Area for the model', chooseArea(area)),
    showPreview: (preview) => editor.set({ preview }),
    watch: (changed) =>
      store.subscribe(({ document }, { document: before }) => {
        if (document !== before && !looksTheSame(document, before)) changed()
      })
  }
}

const answer = <A>(
  present: () => CanvasDocument | null,
  give: (document: CanvasDocument) => A
): Promise<A | null> =>
  Promise.resolve().then(() => {
    const document = present()
    return document === null ? null : give(document)
  })

function opened(document: CanvasDocument | null, otherwise: string): CanvasDocument {
  if (document === null) throw new Error(otherwise)
  return document
}

function selectionOf(document: CanvasDocument): Awaited<ReturnType<Host['selection']>> {
  const area = selectionBounds(document)
  if (area === null || document.selection === null) return null
  const { width, height } = area
  return { bounds: area, mask: { width, height, data: readPlane(document.selection, area) } }
}

/** A picture of another size than its area would be put askew, so that is refused rather than stretched. */
function checkLayer({ name, area, pixels, mask }: NewLayer): void {
  for (const image of mask === undefined ? [pixels] : [pixels, mask])
    if (image.width !== area.width || image.height !== area.height)
      throw new Error(
        `Layer “${name}” is ${area.width} × ${area.height} pixels, but its picture is ${image.width} × ${image.height}.`
      )
}

/** Another active layer changes nothing that the host tells. */
function looksTheSame(a: CanvasDocument | null, b: CanvasDocument | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.id === b.id &&
    a.name === b.name &&
    a.canvas === b.canvas &&
    a.layers === b.layers &&
    a.selection === b.selection &&
    a.area === b.area
  )
}
