import { provenanceText, sourceIn } from '../image/provenance.ts'
import type { BlobStore } from '../jobs/blobs.ts'
import type { Catalogue } from '../protocol/catalogue.ts'
import type { ImageRef } from '../protocol/images.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { Call, Route } from './call.ts'
import { enlargeRequest, enlargingOf, type Enlarging } from './extras.ts'
import { fieldsOf, isObject, wrong } from './fields.ts'
import { keptWhile } from './kept.ts'
import type { PictureInfo, Sent } from './picture-tasks.ts'
import { sentPicture, type Pictures } from './pictures.ts'
import { parametersIn } from './png-info.ts'
import type { Runs } from './runs.ts'

interface ExtrasParts {
  readonly blobs: BlobStore
  readonly pictures: Pictures
  readonly runs: Runs
  readonly catalogue: () => Promise<Catalogue>
  readonly check: (request: GenerateRequest) => Promise<void>
}

/** Pictures of one request. */
const mostPictures = 64

export const extrasRoutes = (parts: ExtrasParts): readonly Route[] => [
  { method: 'POST', url: '/sdapi/v1/extra-single-image', answer: (call) => single(call, parts) },
  { method: 'POST', url: '/sdapi/v1/extra-batch-images', answer: (call) => batch(call, parts) },
  { method: 'POST', url: '/sdapi/v1/png-info', answer: (call) => pngInfo(call, parts) }
]

async function single(call: Call, parts: ExtrasParts) {
  const fields = fieldsOf(call.body)
  const catalogue = await parts.catalogue()
  const enlarging = enlargingOf(fields, catalogue)
  const sent = sentPicture(fields.given('image'), 'image')
  const [image = ''] = await made(call, { sent: [sent], enlarging, catalogue }, parts)
  return { html_info: htmlOf(enlarging), image }
}

async function batch(call: Call, parts: ExtrasParts) {
  const fields = fieldsOf(call.body)
  const catalogue = await parts.catalogue()
  const enlarging = enlargingOf(fields, catalogue)
  const list = fields.given('imageList')
  if (!Array.isArray(list) || list.length === 0) throw wrong('imageList', 'must hold pictures.')
  if (list.length > mostPictures)
    throw wrong('imageList', `holds ${list.length} pictures; ${mostPictures} can be sent at once.`)
  const sent = list.map((entry: unknown, i) =>
    sentPicture(isObject(entry) ? entry.data : entry, `imageList.${i}.data`)
  )
  return { html_info: htmlOf(enlarging), images: await made(call, { sent, enlarging, catalogue }, parts) }
}

const htmlOf = (enlarging: Enlarging | null): string => `<p>${escaped(enlarging?.facts ?? '')}</p>`

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

interface Work {
  readonly sent: readonly Sent[]
  readonly enlarging: Enlarging | null
  readonly catalogue: Catalogue
}

/** All pictures of a request as base64; those whose job was skipped or interrupted are left out. */
async function made(call: Call, { sent, enlarging, catalogue }: Work, parts: ExtrasParts) {
  const { blobs, pictures, runs } = parts
  const { signal } = call
  const refs: ImageRef[] = []
  const texts: Readonly<Record<string, string>>[] = []
  for (const each of sent) {
    refs.push(await pictures.decode({ sent: each, as: 'rgba' }, signal))
    texts.push(textsOf(await pictures.info({ sent: each }, signal), enlarging))
  }
  const model = catalogue.models[0]?.id ?? 'none'
  const jobs = refs.flatMap((ref) =>
    (enlarging?.upscalers ?? []).map((upscaler) =>
      enlargeRequest(ref, enlarging?.sizeOf(ref) ?? ref, upscaler, model)
    )
  )
  const requests = jobs.filter((job) => job !== null)
  for (const request of requests) await parts.check(request)
  return keptWhile(blobs, refs, async () => {
    const results = [...(await runs.make({ ...call, requests, taskId: '' }))]
    const files: string[] = []
    for (const [i, ref] of refs.entries()) {
      const ways = enlarging?.upscalers.length ?? 0
      const enlarged = jobs
        .slice(i * ways, (i + 1) * ways)
        .map((job) => (job === null ? ref : (results.shift()?.variations[0]?.pixels ?? null)))
        .filter((image) => image !== null)
      if (enlarged.length < ways) continue
      const picture = enlarging === null ? ref : await blendedOf(ref, enlarged, enlarging, call, pictures)
      files.push(await pictures.encode({ picture, finish: { kind: 'all' }, text: texts[i] ?? {} }, signal))
    }
    return files
  })
}

const blendedOf = (
  ref: ImageRef,
  enlarged: readonly ImageRef[],
  { sizeOf, cut, visibility }: Enlarging,
  { signal }: Call,
  pictures: Pictures
): Promise<ImageRef> => pictures.blend({ pictures: enlarged, size: sizeOf(ref), cut, visibility }, signal)

/** How the picture was made stays in it. */
function textsOf({ info, items }: PictureInfo, enlarging: Enlarging | null) {
  const parameters = info === '' ? null : info
  const source = sourceIn(parameters === null ? items : { ...items, parameters })
  return {
    ...(source === null ? {} : provenanceText(parameters, source)),
    ...(enlarging === null ? {} : { postprocessing: enlarging.facts })
  }
}

async function pngInfo({ body, signal }: Call, { pictures }: ExtrasParts) {
  const { info, items } = await pictures.info(
    { sent: sentPicture(fieldsOf(body).given('image'), 'image') },
    signal
  )
  return { info, items: info === '' ? items : { parameters: info, ...items }, parameters: parametersIn(info) }
}
