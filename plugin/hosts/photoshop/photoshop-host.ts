import type { Rect } from '#protocol/geometry.ts'
import { CodedError } from '../../client/coded-error.ts'
import type { Host } from '../host.ts'
import { pixelFormOf, type Documents } from './documents.ts'
import { extendCanvas, type Extension } from './extend-canvas.ts'
import type { Modal } from './modal.ts'
import { openPicture } from './open-picture.ts'
import type { Document, Photoshop } from './photoshop-api.ts'
import { placeLayers } from './place-layers.ts'
import { readEmptyBounds, readFlattened } from './read-pixels.ts'
import { checkMaskSize, readSelection, selectedArea } from './read-selection.ts'
import { stateOf, type Watch } from './watch.ts'

export interface PhotoshopHost extends Host {
  /** Moves the sides of the canvas outward, as one undo step. */
  readonly extendCanvas: (documentId: string, extension: Extension) => Promise<void>
}

interface PhotoshopHostParts {
  readonly photoshop: Photoshop
  readonly documents: Documents
  readonly modal: Modal
  readonly watch: Watch
  /** Milliseconds to wait where Photoshop is busy, before that is an error. */
  readonly patience: number
}

/** Photoshop as the panel sees it. What it cannot do for a reason a person can change is a CodedError. */
export function createPhotoshopHost(parts: PhotoshopHostParts): PhotoshopHost {
  const { photoshop, documents, modal, watch, patience } = parts
  const { app, imaging } = photoshop
  // Looking at every pixel takes a while; most looks find the document as it was.
  let emptiness: { readonly state: string; readonly bounds: Rect | null } | null = null

  function inFront(): Document {
    const document = app.activeDocument
    if (document === null) throw new CodedError('not-found', 'No document is open.', 'Open a picture first.')
    return document
  }

  return {
    name: 'Photoshop',
    document: () =>
      settled(() => {
        const document = app.activeDocument
        if (document === null) return null
        pixelFormOf(document)
        const { name, width, height } = document
        return { id: documents.idOf(document), name, canvas: { width, height } }
      }),
    selectionBounds: () =>
      settled(() => (app.activeDocument === null ? null : selectedArea(app.activeDocument))),
    async selection() {
      const document = app.activeDocument
      if (document === null || selectedArea(document) === null) return null
      pixelFormOf(document)
      return modal.run('Read selection', patience, async () => {
        const bounds = selectedArea(document)
        if (bounds === null) return null
        checkMaskSize(bounds)
        return { bounds, mask: await readSelection(imaging, document, bounds) }
      })
    },
    async flatten(area) {
      const document = inFront()
      pixelFormOf(document)
      return modal.run('Read pixels', patience, () => readFlattened(imaging, document, area))
    },
    // Its layers have no such settings.
    controls: () => Promise.resolve([]),
    async emptyBounds() {
      const document = app.activeDocument
      if (document === null) return null
      pixelFormOf(document)
      const state = stateOf(document)
      if (emptiness?.state === state) return emptiness.bounds
      const bounds = await modal.run('Look for empty canvas', patience, () =>
        readEmptyBounds(imaging, document)
      )
      if (stateOf(document) === state) emptiness = { state, bounds }
      return bounds
    },
    async insertLayers(documentId, layers) {
      documents.find(documentId)
      await modal.run('Add layers', patience, (context) =>
        placeLayers(photoshop, documents, context, documentId, layers)
      )
      watch.tell()
    },
    async openDocument(name, layer) {
      await modal.run('Open picture', patience, (context) =>
        openPicture(photoshop, documents, context, name, layer)
      )
      watch.tell()
    },
    // A picture over the document that is no step of its history is nothing that Photoshop has; the panel shows results.
    showPreview: () => {},
    watch: (changed) => watch.watch(changed),
    async extendCanvas(documentId, extension) {
      await modal.run('Extend canvas', patience, (context) =>
        extendCanvas(photoshop, documents, context, documentId, extension)
      )
      watch.tell()
    }
  }
}

const settled = <T>(give: () => T): Promise<T> => Promise.resolve().then(give)
