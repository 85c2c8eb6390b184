import { provenanceText, sourceOf } from '../image/provenance.ts'
import { parametersOf } from '../image/request-parameters.ts'
import type { BlobStore } from '../jobs/blobs.ts'
import type { ImageRef } from '../protocol/images.ts'
import type { Control, GenerateRequest } from '../protocol/request.ts'
import type { Call } from './call.ts'
import { wrong, type Fields } from './fields.ts'
import { keptWhile } from './kept.ts'
import { infoOf, type PictureFacts } from './info.ts'
import type { Pictures } from './pictures.ts'
import { requestOf, type Recipe } from './recipe.ts'
import type { Runs } from './runs.ts'
import type { Origin, Work } from './work.ts'

export interface ProduceParts {
  readonly blobs: BlobStore
  readonly pictures: Pictures
  readonly runs: Runs
  /** Throws AppError where a job could not be made. */
  readonly check: (request: GenerateRequest) => Promise<void>
  readonly version: string
}

/** What is answered. */
export interface Produced {
  /** PNG as base64. */
  readonly images: readonly string[]
  /** JSON. */
  readonly info: string
}

/** Pictures that one job makes. */
interface Piece {
  readonly work: Work
  readonly origin: Origin
  /** Number of the first of them in its work. */
  readonly index: number
  readonly count: number
}

/** A job holds this many pictures at most. */
const mostOfJob = 8

/** Has the pictures of all works made. `fields` are those of the request. */
export async function produce(
  call: Call,
  fields: Fields,
  works: readonly Work[],
  parts: ProduceParts
): Promise<Produced> {
  const pieces = works.flatMap(piecesOf)
  refuseTooMany(pieces)
  const requests = pieces.map(requestFor)
  for (const request of requests) await parts.check(request)
  const taskId = fields.text('force_task_id', '')
  const isSent = fields.flag('send_images', true)
  const started = new Date()
  return keptWhile(parts.blobs, works.flatMap(imagesOf), async () => {
    const results = await parts.runs.make({ ...call, requests, taskId })
    const images: string[] = []
    const infotexts: string[] = []
    for (const [i, piece] of pieces.entries()) {
      const [result, request] = [results[i], requests[i]]
      if (result === null || result === undefined || request === undefined) continue
      for (const variation of result.variations) {
        const text = infotextOf(piece, { request, result, variation }, parts)
        infotexts.push(text)
        if (!isSent) continue
        const { recipe } = piece.work
        const { finish } = piece.origin
        const picture = {
          ...{ picture: variation.pixels, finish, marked: recipe.settings.watermark },
          ...colorsOf(recipe, piece.origin)
        }
        const encoding = { ...picture, text: provenanceText(text, sourceOf(request)) }
        images.push(await parts.pictures.encode(encoding, call.signal))
      }
    }
    if (isSent) for (const work of works) images.push(...(await mapsOf(work, call.signal, parts)))
    const { version } = parts
    const info = infoOf({ works, pictures: pieces.flatMap(toldOf), infotexts, fields, started, version })
    return { images, info }
  })
}

/** What an answer can hold, and what a person would wait for. */
const mostPictures = 64

function refuseTooMany(pieces: readonly Piece[]): void {
  const pictures = pieces.reduce((sum, { count }) => sum + count, 0)
  if (pictures > mostPictures)
    throw wrong('script_args', `ask for ${pictures} pictures; ${mostPictures} can be made at once.`)
}

const requestFor = ({ work: { recipe, controls }, origin, ...numbers }: Piece): GenerateRequest =>
  requestOf(recipe, { ...origin.start, ...withControls(controls.controls) }, numbers)

function infotextOf(
  { work: { catalogue, controls }, origin }: Piece,
  made: Pick<Parameters<typeof parametersOf>[0], 'request' | 'result' | 'variation'>,
  { version }: ProduceParts
): string {
  return parametersOf({ ...made, catalogue, more: [...origin.facts, ...controls.facts], version })
}

/** Images that nothing but this request holds. */
const imagesOf = ({ recipe, origins, controls }: Work): readonly ImageRef[] => [
  ...controls.maps.map(({ map }) => map),
  ...origins.flatMap((origin) => Object.values(colorsOf(recipe, origin))),
  ...origins.flatMap(({ finish }) => (finish.kind === 'all' ? [] : [finish.old, finish.mask]))
]

/** What `info` says of each picture that was asked for. */
function toldOf({ work: { recipe }, index, count }: Piece): readonly PictureFacts[] {
  const { prompt, negativePrompt, seed, subseed, subseedStrength } = recipe
  return Array.from({ length: count }, (_, i) => ({
    ...{ prompt, negativePrompt, subseed: subseed + index + i },
    seed: subseedStrength > 0 ? seed : seed + index + i
  }))
}

/** The colours of what a picture began from, where they are wanted. */
const colorsOf = ({ settings }: Recipe, { start: { snapshot } }: Origin): { colors?: ImageRef } =>
  settings.colorCorrection && snapshot !== undefined ? { colors: snapshot } : {}

const withControls = (controls: readonly Control[]): Pick<GenerateRequest, 'controls'> =>
  controls.length === 0 ? {} : { controls: [...controls] }

function piecesOf(work: Work): readonly Piece[] {
  const { recipe, origins } = work
  const most = origins.length > 1 ? 1 : mostOfJob
  const pieces: Piece[] = []
  for (let iteration = 0; iteration < recipe.iterations; iteration++)
    for (let from = 0; from < recipe.batchSize; from += most) {
      const origin = origins[origins.length > 1 ? from : 0]
      if (origin === undefined) continue
      const count = Math.min(most, recipe.batchSize - from)
      pieces.push({ work, origin, index: iteration * recipe.batchSize + from, count })
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
