import type { Field } from '../../image/metadata.ts'
import { provenanceText, sourceOf } from '../../image/provenance.ts'
import { parametersOf } from '../../image/request-parameters.ts'
import { webuiTiles } from '../../image/webui-tiles.ts'
import type { Choice } from '../../protocol/catalogue.ts'
import type { Rect, Size } from '../../protocol/geometry.ts'
import type { ImageRef } from '../../protocol/images.ts'
import type { GenerateRequest } from '../../protocol/request.ts'
import type { JobResult } from '../../protocol/results.ts'
import type { Call } from '../call.ts'
import { noControls } from '../controlnet.ts'
import { enlargeRequest } from '../extras.ts'
import { isObject, shown, wrong } from '../fields.ts'
import { infoOf } from '../info.ts'
import { keptWhile } from '../kept.ts'
import { chosenUpscaler } from '../models.ts'
import type { Produced } from '../produce.ts'
import { initialPictures, readRequest, type GenerateParts, type Read } from '../read-request.ts'
import { requestOf } from '../recipe.ts'
import type { Work } from '../work.ts'
import type { Script, ScriptArgs } from './script.ts'

/** A picture made larger, and each tile of it, of the request's size, by img2img. */
export const sdUpscale: Script = {
  name: 'SD upscale',
  modes: ['img2img'],
  args: (upscalers) => [
    { label: '', value: '' },
    { label: 'Tile overlap', value: 64, minimum: 0, maximum: 256, step: 16 },
    { label: 'Upscaler', value: 'None', choices: ['None', ...upscalers.map(({ label }) => label)] },
    { label: 'Scale Factor', value: 2, minimum: 1, maximum: 4, step: 0.05 }
  ],
  kind: 'picture',
  answer
}

/** Tiles of all pictures of a request. */
const mostTiles = 256

interface Plan {
  readonly read: Read
  readonly strength: number
  readonly overlap: number
  /** Null where the picture keeps its size. */
  readonly upscaler: Choice | null
  readonly factor: number
}

async function answer(call: Call, args: ScriptArgs, parts: GenerateParts): Promise<Produced> {
  const plan = planOf(await readRequest(call, parts), args)
  const { fields, recipe, context } = plan.read
  const started = new Date()
  const large = await enlarged(call, plan, parts)
  const rows = layoutOf(large, plan)
  const cut: ImageRef[] = []
  for (const at of rows.flat()) cut.push(await parts.pictures.cut({ picture: large, at }, call.signal))
  const rounds = Array.from({ length: recipe.iterations }, (_, number) =>
    cut.map((snapshot, tile) => tileRequest(plan, snapshot, { number, tile }))
  )
  const requests = rounds.flat()
  for (const request of requests) await parts.check(request)
  return keptWhile(parts.blobs, cut, async () => {
    const taskId = fields.text('force_task_id', '')
    const results = await parts.runs.make({ ...call, requests, taskId })
    const facts = factsOf(plan)
    const { catalogue } = context
    const { version } = parts
    const images: string[] = []
    const infotexts: string[] = []
    for (const [number, [request]] of rounds.entries()) {
      const tiles = tilesMade(results.slice(number * cut.length, (number + 1) * cut.length))
      if (tiles === null || request === undefined) continue
      const text = parametersOf({ ...tiles.first, request, catalogue, more: facts, version })
      infotexts.push(text)
      if (!fields.flag('send_images', true)) continue
      const layout = { rows, size: large, overlap: plan.overlap }
      const picture = await parts.pictures.join({ ...layout, pictures: tiles.pictures }, call.signal)
      const encoding = { picture, finish: { kind: 'all' }, marked: recipe.settings.watermark } as const
      const provenance = provenanceText(text, sourceOf(request))
      images.push(await parts.pictures.encode({ ...encoding, text: provenance }, call.signal))
    }
    const pictures = rounds.map((_, number) => ({ ...recipe, seed: recipe.seed + number }))
    const info = { works: [workOf(plan, facts)], pictures, infotexts, fields, started, version }
    return { images, info: infoOf(info) }
  })
}

const factsOf = ({ overlap, upscaler }: Plan): readonly Field[] => [
  ['SD upscale overlap', overlap],
  ['SD upscale upscaler', upscaler?.label ?? 'None']
]

const workOf = ({ read: { recipe, context }, strength }: Plan, facts: readonly Field[]): Work => ({
  ...{ recipe, catalogue: context.catalogue, controls: noControls },
  origins: [{ start: { mode: 'img2img', strength }, finish: { kind: 'all' }, facts }]
})

function layoutOf(picture: Size, { read: { recipe }, overlap }: Plan): readonly (readonly Rect[])[] {
  const rows = webuiTiles(picture, recipe.size, overlap)
  const tiles = rows.flat().length * recipe.iterations
  if (tiles <= mostTiles) return rows
  throw wrong('script_args.3', `makes ${tiles} tiles; ${mostTiles} are possible.`)
}

function planOf(read: Read, args: ScriptArgs): Plan {
  const { fields, recipe, context, units } = read
  if (!isIdle(units))
    throw wrong(
      'alwayson_scripts.controlnet.args',
      'does not go with SD upscale here.',
      'Leave one of them out.'
    )
  const mask = fields.given('mask')
  if (mask !== undefined && mask !== '')
    throw wrong('mask', 'means nothing to SD upscale, which makes the whole picture.', 'Leave it out.')
  if (recipe.settings.colorCorrection)
    throw wrong('override_settings.img2img_color_correction', 'does not go with SD upscale here.')
  const overlap = args.integer('1', 64, { min: 0, max: 256 })
  const least = Math.min(recipe.size.width, recipe.size.height)
  if (overlap >= least)
    throw wrong('script_args.1', `must be less than a tile of ${least} pixels, but is ${overlap}.`)
  return {
    ...{ read, overlap },
    strength: fields.number('denoising_strength', 0.75, { min: 0, max: 1 }),
    upscaler: upscalerOf(args, context.catalogue.upscalers),
    factor: args.number('3', 2, { min: 1, max: 4 })
  }
}

const isIdle = (units: unknown): boolean =>
  units === undefined ||
  (Array.isArray(units) &&
    units.every((unit: unknown) => unit === null || (isObject(unit) && unit.enabled === false)))

/** By name, or by its place in `/sdapi/v1/upscalers`, where “None” comes first. */
function upscalerOf(args: ScriptArgs, upscalers: readonly Choice[]): Choice | null {
  const given = args.given('2') ?? 'None'
  if (typeof given !== 'number') {
    const name = args.text('2', 'None')
    return name.toLowerCase() === 'none' ? null : chosenUpscaler(upscalers, name, 'script_args.2')
  }
  const found = given === 0 ? null : upscalers[given - 1]
  if (found !== undefined) return found
  throw wrong('script_args.2', `must be 0 to ${upscalers.length}, but is ${shown(given)}.`)
}

/** The picture that tiles are cut from. */
async function enlarged(call: Call, plan: Plan, { pictures, runs, check }: GenerateParts): Promise<ImageRef> {
  const { fields, recipe } = plan.read
  const { background } = recipe.settings
  const [sent] = initialPictures(fields)
  const picture = await pictures.flatten({ sent, background }, call.signal)
  if (plan.upscaler === null) return picture
  const times = (side: number): number => Math.max(8, Math.trunc((side * plan.factor) / 8) * 8)
  const size: Size = { width: times(picture.width), height: times(picture.height) }
  const request = enlargeRequest(picture, size, plan.upscaler, recipe.model.id)
  if (request === null)
    return pictures.blend({ pictures: [picture], size, cut: null, visibility: 0 }, call.signal)
  await check(request)
  const [result] = await runs.make({ ...call, requests: [request], taskId: '' })
  const made = result?.variations[0]?.pixels ?? picture
  return pictures.blend({ pictures: [made], size, cut: null, visibility: 0 }, call.signal)
}

/** One tile of picture number `number`: the seeds of a batch follow one another, and each batch begins with the next one. */
function tileRequest(
  { read: { recipe }, strength }: Plan,
  snapshot: ImageRef,
  { number, tile }: { readonly number: number; readonly tile: number }
): GenerateRequest {
  const start = { mode: 'img2img', strength, snapshot } as const
  const seed = recipe.seed + number + Math.floor(tile / recipe.batchSize)
  const index = tile % recipe.batchSize
  if (seed + index < 2 ** 32) return requestOf({ ...recipe, seed }, start, { index, count: 1 })
  throw wrong('seed', `must leave room for a seed of each tile below ${2 ** 32}, but is ${recipe.seed}.`)
}

/** All tiles of a picture; null where one was skipped or interrupted, for the picture would have a hole. */
function tilesMade(results: readonly (JobResult | null)[]) {
  const pictures = results.flatMap(
    (result) => result?.variations.slice(0, 1).map(({ pixels }) => pixels) ?? []
  )
  const [result] = results
  const [variation] = result?.variations ?? []
  if (pictures.length < results.length || !result || variation === undefined) return null
  return { first: { result, variation }, pictures }
}
