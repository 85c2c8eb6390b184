import type { GenerateRequest } from '#protocol/request.ts'
import { CodedError } from '../client/coded-error.ts'
import type { Host } from '../hosts/host.ts'
import { intersected, isSameRect } from './masks.ts'
import { placedNow } from './placement.ts'

/**
 * Lets the model see what it saw when a result was made: the area that a person had chosen, where its pixels lie now; else the
 * automatic one. Rejects with CodedError where the chosen one is no longer all on the canvas; then nothing changes.
 */
export async function recallArea(
  host: Pick<Host, 'document' | 'chooseArea'>,
  request: GenerateRequest
): Promise<void> {
  const document = await host.document()
  if (document?.id !== request.documentId) return
  if (request.areaIsChosen !== true) {
    if (document.area !== undefined) host.chooseArea?.(null)
    return
  }
  const area = placedNow(request.area, request, document)
  const inside = intersected(area, { x: 0, y: 0, ...document.canvas })
  if (inside === null || !isSameRect(inside, area))
    throw new CodedError(
      'job-conflict',
      `The area that the model saw, ${area.width} × ${area.height} at ${area.x}, ${area.y}, is no longer all on the canvas of ${document.canvas.width} × ${document.canvas.height}.`,
      'Its other settings are in use. Choose another area with the area tool, or undo the crop and take the settings again.'
    )
  host.chooseArea?.(area)
}
