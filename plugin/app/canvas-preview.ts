import type { Rect } from '#protocol/geometry.ts'
import type { ImageRef } from '#protocol/images.ts'
import type { GenerateRequest } from '#protocol/request.ts'
import type { JobResult } from '#protocol/results.ts'
import type { BridgeClient } from '../client/bridge-client.ts'
import { joined } from '../hosts/bands.ts'
import type { Host, HostDocument, MaskImage, Preview } from '../hosts/host.ts'
import { maskIn } from './masks.ts'
import { placedNow } from './placement.ts'
import { fetchMask, fetchRgba, variationLayer } from './result-layers.ts'
import type { AppState } from './state.ts'
import type { AppStore } from './store.ts'

/** What belongs over the document now; two targets with one key are the same pixels in the same place. */
type PreviewTarget = {
  readonly key: string
  readonly document: HostDocument
  readonly jobId: string
  readonly request: GenerateRequest
} & (
  | { readonly kind: 'variation'; readonly result: JobResult; readonly variation: number }
  | { readonly kind: 'running'; readonly area: Rect; readonly image: ImageRef }
)

/** The variation a person looks at, else what the running job is making; null where neither belongs to the open document. */
function previewTarget({ open, jobs, document }: AppState): PreviewTarget | null {
  if (document === null) return null
  const here = jobs.filter(({ request }) => request.documentId === document.id)
  const { x, y } = document.origin ?? { x: 0, y: 0 }
  const place = `${x},${y}`
  const looked = open?.isShown === true ? here.find(({ id }) => id === open.jobId) : undefined
  if (open !== null && looked !== undefined && looked.result !== null) {
    const { id: jobId, request, result } = looked
    const { variation } = open
    const key = `${place}/${jobId}/${variation}`
    return { kind: 'variation', key, document, jobId, request, result, variation }
  }
  const running = here.find(({ preview }) => preview !== null)
  if (running === undefined || running.preview === null) return null
  const { id: jobId, request, preview } = running
  const key = `${place}/${jobId}/${preview.image.blob}`
  return { kind: 'running', key, document, jobId, request, ...preview }
}

/**
 * Keeps the host's preview in step with the state. Pixels come late: one target is fetched at a time and only the
 * latest is shown, so a slow machine shows fewer previews and never an old one. Returns the way to stop.
 */
export function keepPreview(
  store: AppStore,
  client: BridgeClient,
  host: Host,
  failed: (error: unknown) => void
) {
  const selections = createSelectionCache(client)
  let wanted: PreviewTarget | null = null
  let isFetching = false

  async function fetchAndShow(target: PreviewTarget) {
    try {
      const preview =
        target.kind === 'variation'
          ? await variationPreview(client, target)
          : await runningPreview(client, target, selections)
      const area = placedNow(preview.area, target.request, target.document)
      if (wanted?.key === target.key) host.showPreview({ ...preview, area })
    } catch (error) {
      // A look at a running job may be gone before it is fetched; the next one is on its way.
      if (target.kind === 'variation') failed(error)
    }
  }

  async function catchUp() {
    isFetching = true
    for (let target = wanted; target !== null;) {
      await fetchAndShow(target)
      target = wanted?.key === target.key ? null : wanted
    }
    isFetching = false
  }

  return store.subscribe((state) => {
    const target = previewTarget(state)
    if (target?.key === wanted?.key) return
    wanted = target
    if (target === null) host.showPreview(null)
    else if (!isFetching) void catchUp()
  })
}

type Selections = (target: PreviewTarget) => Promise<MaskImage | null>

/** Selections of the latest job: every preview of it is shown through the same one. */
function createSelectionCache(client: BridgeClient): Selections {
  let latest: { readonly jobId: string; readonly mask: Promise<MaskImage | null> } | null = null
  return ({ jobId, request }) => {
    if (latest?.jobId !== jobId) {
      const { selection } = request
      latest = {
        jobId,
        mask: selection === undefined ? Promise.resolve(null) : fetchMask(client, jobId, selection)
      }
    }
    return latest.mask
  }
}

async function variationPreview(
  client: BridgeClient,
  { jobId, request, result, variation }: Extract<PreviewTarget, { readonly kind: 'variation' }>
): Promise<Preview> {
  const { pixels, mask } = await variationLayer(client, { id: jobId, request, result }, variation)
  const image = joined(pixels)
  // What was upscaled is looked at where it came from.
  return {
    documentId: request.documentId,
    area: result.area,
    pixels: image,
    ...(mask === undefined ? {} : { mask })
  }
}

async function runningPreview(
  client: BridgeClient,
  target: Extract<PreviewTarget, { readonly kind: 'running' }>,
  selections: Selections
): Promise<Preview> {
  const { jobId, request, area, image } = target
  const [pixels, selection] = await Promise.all([fetchRgba(client, jobId, image), selections(target)])
  const mask = selection === null ? null : maskIn(area, { bounds: request.area, mask: selection })
  return { documentId: request.documentId, area, pixels, ...(mask === null ? {} : { mask }) }
}
