import type { GenerateRequest } from '#protocol/request.ts'
import type { BridgeClient } from '../client/bridge-client.ts'
import { CodedError } from '../client/coded-error.ts'
import type { JobResult } from '#protocol/results.ts'
import type { Host, HostDocument, Making } from '../hosts/host.ts'
import { placedNow } from './placement.ts'
import { depthLayer, variationLayer } from './result-layers.ts'
import { sourceOf } from '#image/provenance.ts'
import { parametersOf } from '#image/request-parameters.ts'
import type { AppStore } from './store.ts'
import type { TrackedJob } from './tracked-job.ts'
import { usesModel } from './upscale.ts'

interface Reach {
  readonly client: BridgeClient
  readonly host: Host
  readonly store: Pick<AppStore, 'getState'>
}

/**
 * Makes a layer of a variation, as often as liked; of what was upscaled a document of its own. Rejects with CodedError where another
 * document is open than a layer is for.
 */
export async function applyVariation(
  { client, host, store }: Reach,
  job: TrackedJob | undefined,
  variation: number
) {
  const { id, request, result } = resultOf(job)
  const made = makingOf(store, { request, result }, variation)
  if (request.upscale !== undefined) {
    const layer = await variationLayer(client, { id, request, result }, variation)
    const source = await host.document()
    const name = source?.id === request.documentId ? source.name : layer.name
    await host.openDocument(`${name} ${request.upscale.factor}×`, { ...layer, made })
    return
  }
  const document = await documentOf(host, request)
  const layer = await variationLayer(client, { id, request, result }, variation)
  const area = placedNow(layer.area, request, document)
  await host.insertLayers(request.documentId, [{ ...layer, area, made }])
}

/** Makes a layer of the depth map a result was made with. */
export async function applyDepth(
  { client, host }: Pick<Reach, 'client' | 'host'>,
  job: TrackedJob | undefined
) {
  const { id, request, result } = resultOf(job)
  const document = await documentOf(host, request)
  const layer = await depthLayer(client, id, result)
  const area = placedNow(layer.area, request, document)
  await host.insertLayers(request.documentId, [{ ...layer, area }])
}

function makingOf(
  { getState }: Reach['store'],
  { request, result }: Pick<TrackedJob, 'request'> & { readonly result: JobResult },
  index: number
): Making {
  const { catalogue, connection } = getState()
  const variation = result.variations[index]
  const version = connection.state === 'online' ? connection.version : ''
  return {
    source: sourceOf(request),
    parameters:
      catalogue === null || variation === undefined || !usesModel(request)
        ? null
        : parametersOf({ request, result, variation, catalogue, version })
  }
}

function resultOf(job: TrackedJob | undefined) {
  if (job === undefined || job.result === null)
    throw new CodedError('not-found', 'This result is no longer there.')
  return { id: job.id, request: job.request, result: job.result }
}

async function documentOf(host: Host, { documentId }: GenerateRequest): Promise<HostDocument> {
  const document = await host.document()
  if (document?.id === documentId) return document
  throw new CodedError(
    'job-conflict',
    document === null
      ? 'The document of this result is not open.'
      : `This result belongs to another document than “${document.name}”.`,
    'Open the document it was made for, then apply it.'
  )
}
