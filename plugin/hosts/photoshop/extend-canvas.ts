import { freeBackground, play } from './descriptors.ts'
import { pixelFormOf, type Documents } from './documents.ts'
import type { ExecutionContext, Photoshop } from './photoshop-api.ts'

/** Pixels by which each side of the canvas moves outward. */
export interface Extension {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/**
 * Extends the canvas by empty pixels as one step of the history. A Background cannot be empty, so it becomes an ordinary layer.
 * Inside a modal scope.
 */
export async function extendCanvas(
  { app, action, constants }: Photoshop,
  documents: Documents,
  context: ExecutionContext,
  documentId: string,
  { left, top, right, bottom }: Extension
): Promise<void> {
  const document = documents.find(documentId)
  pixelFormOf(document)
  if (app.activeDocument?.id !== document.id) app.activeDocument = document
  const suspension = await context.hostControl.suspendHistory({
    documentID: document.id,
    name: 'Extend canvas'
  })
  if (document.backgroundLayer !== null) await play(action, freeBackground)
  const { TOPLEFT, BOTTOMRIGHT } = constants.AnchorPosition
  // One call grows both sides of an axis alike; two grow each as asked.
  if (right > 0 || bottom > 0)
    await document.resizeCanvas(document.width + right, document.height + bottom, TOPLEFT)
  if (left > 0 || top > 0)
    await document.resizeCanvas(document.width + left, document.height + top, BOTTOMRIGHT)
  await context.hostControl.resumeHistory(suspension, true)
}
