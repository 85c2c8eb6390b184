import type { NewLayer } from '../host.ts'
import { SRGB, type Documents } from './documents.ts'
import type { ExecutionContext, Photoshop } from './photoshop-api.ts'
import { placeLayers } from './place-layers.ts'

/** Pixels an inch, where nothing is to be printed. */
const RESOLUTION = 72

/** A document of 8 bits in sRGB that is as large as the layer and holds nothing else. What cannot be finished is closed again. */
export async function openPicture(
  photoshop: Photoshop,
  documents: Documents,
  context: ExecutionContext,
  name: string,
  layer: NewLayer
): Promise<void> {
  const { width, height } = layer.area
  const { NewDocumentMode, DocumentFill } = photoshop.constants
  const document = await photoshop.app.createDocument({
    ...{ name, width, height, resolution: RESOLUTION, depth: 8, profile: SRGB },
    ...{ mode: NewDocumentMode.RGB, fill: DocumentFill.TRANSPARENT }
  })
  await context.hostControl.registerAutoCloseDocument(document.id)
  // Photoshop makes no document without a layer.
  const empty = [...document.layers]
  const area = { x: 0, y: 0, width, height }
  await placeLayers(photoshop, documents, context, documents.idOf(document), [{ ...layer, area }])
  for (const made of empty) made.delete()
  await context.hostControl.unregisterAutoCloseDocument(document.id)
}
