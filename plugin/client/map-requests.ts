import type { AnnotateReply, AnnotateRequest } from '#protocol/annotators.ts'
import type { ImageRef } from '#protocol/images.ts'
import type { Http } from './http.ts'
import { receiveWhole } from './image-transfer.ts'
import { isAnnotateReply } from './replies.ts'

/** Maps of pictures, made by the server. Promises reject with CodedError, or with the reason of an aborted signal. */
export interface MapRequests {
  /** The map of a picture that was uploaded. */
  readonly annotate: (request: AnnotateRequest, signal?: AbortSignal) => Promise<ImageRef>
  /** A map as raw bytes, laid out as its reference says. */
  readonly mapPixels: (map: ImageRef) => Promise<Uint8Array<ArrayBuffer>>
}

export function createMapRequests(http: Http): MapRequests {
  return {
    async annotate(request, signal) {
      const reply: AnnotateReply = await http.askJson('/annotate', isAnnotateReply, {
        method: 'POST',
        body: JSON.stringify(request),
        headers: { 'Content-Type': 'application/json' },
        ...(signal === undefined ? {} : { signal })
      })
      return reply.image
    },
    mapPixels: (map) => receiveWhole(http, `/maps/${map.blob}`, map)
  }
}
