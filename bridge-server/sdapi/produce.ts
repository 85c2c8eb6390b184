import type { Field } from '../image/metadata.ts'
import { provenanceText, sourceOf } from '../image/provenance.ts'
import { parametersOf } from '../image/request-parameters.ts'
import type { BlobStore } from '../jobs/blobs.ts'
import type { Catalogue } from '../protocol/catalogue.ts'
import type { ImageRef } from '../protocol/images.ts'
import type { Control, GenerateRequest } from '../protocol/request.ts'
import type { Call } from './call.ts'
import type { Controls } from './controlnet.ts'
import type { Fields } from './fields.ts'
import { keptWhile } from './kept.ts'
import { infoOf } from './info.ts'
import type { StoredFinish } from './picture-tasks.ts'
import type { Pictures } from './pictures.ts'
import { requestOf, type Recipe } from './recipe.ts'
import type { Runs } from './runs.ts'

/** Where pictures come from, and what becomes of them. */
export interface Origin {
  readonly start: Pick<GenerateRequest, 'mode' | 'strength'> & Partial<GenerateRequest>
  readonly finish: StoredFinish
  /** For the infotext. */
  readonly facts: readonly Field[]
}

interface Work {
  readonly fields: Fields
  readonly recipe: Recipe
  readonly catalogue: Catalogue
  /** One for all pictures, or one for each of a batch. */
  readonly origins: readonly Origin[]
  readonly controls: Controls
}

export interface ProduceParts {
  readonly blobs: BlobStore
  readonly pictures: Pictures
  readonly runs: Runs
  /** Throws AppError where a job could not be made. */
  readonly check: (request: GenerateRequest) => Promise<void>
  readonly version: string
}

interface Piece {
  readonly origin: Origin
  readonly index: number
  readonly count: number
}

/** A job holds this many pictures at most. */
const mostOfJob = 8

/** Has all pictures of a request made; answers as the web UI does. */
export async function produce(call: Call, work: Work, parts: ProduceParts) {
  const { fields, recipe, origins, controls } = work
  const pieces = piecesOf(recipe, origins)
  const requests = pieces.map(({ origin, ...piece }) =>
    requestOf(recipe, { ...origin.start, ...withControls(controls.controls) }, piece)
  )
  for (const request of requests) await parts.check(request)
  const kept = [
    ...controls.maps.map(({ map }) => map),
    ...origins.flatMap((origin) => Object.values(colorsOf(recipe, origin))),
    ...origins.flatMap(({ finish }) => (finish.kind === 'all' ? [] : [finish.old, finish.mask]))
  ]
  const taskId = fields.text('force_task_id', '')
  const started = new Date()
  return keptWhile(parts.blobs, kept, async () => {
    const results = await parts.runs.make({ ...call, requests, taskId })
    const images: string[] = []
    const infotexts: string[] = []
    const isSent = fields.flag('send_images', true)
    for (const [i, { origin }] of pieces.entries()) {
      const [result, request] = [results[i], requests[i]]
      if (result === null || result === undefined || request === undefined) continue
      for (const variation of result.variations) {
        const more = [...origin.facts, ...controls.facts]
        const { catalogue } = work
        const text = parametersOf({ request, result, variation, catalogue, more, version: parts.version })
        infotexts.push(text)
        if (!isSent) continue
        const picture = {
          picture: variation.pixels,
          finish: origin.finish,
          marked: recipe.settings.watermark,
          ...colorsOf(recipe, origin)
        }
        const encoding = { ...picture, text: provenanceText(text, sourceOf(request)) }
        images.push(await parts.pictures.encode(encoding, call.signal))
      }
    }
    if (isSent) images.push(...(await mapsOf(work, call.signal, parts)))
    const facts = [...(origins[0]?.facts ?? []), ...controls.facts]
    return {
      images,
      parameters: echoOf(fields),
      info: infoOf({ recipe, infotexts, facts, fields, started, version: parts.version })
    }
  })
}

/** The colours of what a picture began from, where they are wanted. */
const colorsOf = ({ settings }: Recipe, { start: { snapshot } }: Origin): { colors?: ImageRef } =>
  settings.colorCorrection && snapshot !== undefined ? { colors: snapshot } : {}

const withControls = (controls: readonly Control[]): Pick<GenerateRequest, 'controls'> =>
  controls.length === 0 ? {} : { controls: [...controls] }

function piecesOf({ batchSize, iterations }: Recipe, origins: readonly Origin[]): readonly Piece[] {
  const most = origins.length > 1 ? 1 : mostOfJob
  const pieces: Piece[] = []
  for (let iteration = 0; iteration < iterations; iteration++)
    for (let from = 0; from < batchSize; from += most) {
      const origin = origins[origins.length > 1 ? from : 0]
      if (origin === undefined) continue
      const count = Math.min(most, batchSize - from)
      pieces.push({ origin, index: iteration * batchSize + from, count })
    }
  return pieces
}

/** The maps of ControlNets, behind the pictures, as they lay over them. */
async function mapsOf({ recipe, origins, controls }: Work, signal: AbortSignal, { pictures }: ProduceParts) {
  const area = origins[0]?.start.canvas ?? recipe.size
  const files: string[] = []
  for (const { map, resize } of controls.maps) {
    const picture = await pictures.fitMap({ map, area, resize }, signal)
    files.push(await pictures.encode({ picture, finish: { kind: 'all' }, text: {} }, signal))
  }
  return files
}

/** What was asked for, without the pictures unless they are wanted. */
function echoOf(fields: Fields): Readonly<Record<string, unknown>> {
  const echo = Object.fromEntries(fields.entries())
  const hidden = fields.flag('include_init_images', false) ? {} : { init_images: null, mask: null }
  return { ...echo, ...hidden }
}
