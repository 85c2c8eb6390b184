import type { Catalogue, Choice, ModelInfo } from '../protocol/catalogue.ts'
import { shortHash } from '../image/webui-names.ts'
import { shown, wrong } from './fields.ts'

const extension = /\.(safetensors|ckpt|pth?|bin)$/i

/** As the web UI lists a checkpoint: `name [hash]`. */
export function titleOf(model: ModelInfo): string {
  const hash = shortHash(model)
  return hash === null ? model.id : `${model.id} [${hash}]`
}

/**
 * The model that a client means by a title, a name with or without folder and extension, a hash, or a part of a title; the first one
 * for null. Throws AppError that names the field.
 */
export function chosenModel(
  wanted: string | null,
  { models }: Pick<Catalogue, 'models'>,
  field: string
): ModelInfo {
  const [first] = models
  if (first === undefined)
    throw wrong(field, 'cannot be had: there are no models.', 'Put one into a models folder.')
  if (wanted === null) return first
  const plain = plainName(wanted)
  const bracketed = /\[([0-9a-f]{8,64})\]\s*$/i.exec(wanted)?.[1]?.toLowerCase()
  const hash = bracketed ?? wanted.toLowerCase()
  const found =
    models.find((model) => titleOf(model) === wanted || model.id === wanted) ??
    models.find(({ sha256 }) => bracketed !== undefined && sha256?.startsWith(bracketed)) ??
    models.find(({ id, name }) => [id, baseOf(id), name].some((known) => plainName(known) === plain)) ??
    models.find(({ sha256 }) => hash.length >= 8 && sha256?.startsWith(hash)) ??
    byLength(models).find((model) => plain !== '' && titleOf(model).toLowerCase().includes(plain))
  if (found !== undefined) return found
  throw wrong(
    field,
    `names no model there is: ${shown(wanted)}.`,
    `There are ${models.map(titleOf).join(', ')}.`
  )
}

const byLength = (models: readonly ModelInfo[]): readonly ModelInfo[] =>
  models.toSorted((a, b) => titleOf(a).length - titleOf(b).length)

/** The id of a VAE that a client means, as it stands in a request. Throws AppError that names the field. */
export function chosenVae(
  wanted: string | null | undefined,
  { vaes }: Pick<Catalogue, 'vaes'>,
  field: string
): string | null | undefined {
  if (wanted === undefined || wanted === null) return wanted
  return named(vaes, wanted, field).id
}

/** What the web UI calls upscalers that it fetches by itself, by the names of their files. */
const webuiUpscalers: ReadonlyMap<string, string> = new Map([
  ['r-esrgan 4x+', 'RealESRGAN_x4plus'],
  ['r-esrgan 4x+ anime6b', 'RealESRGAN_x4plus_anime_6B'],
  ['r-esrgan 2x+', 'RealESRGAN_x2plus'],
  ['r-esrgan general 4xv3', 'realesr-general-x4v3'],
  ['r-esrgan general wdn 4xv3', 'realesr-general-wdn-x4v3'],
  ['r-esrgan animevideo', 'realesr-animevideov3']
])

/** The upscaler that a client means, by our names or the web UI's. Throws AppError that names the field. */
export function chosenUpscaler(upscalers: readonly Choice[], wanted: string, field: string): Choice {
  const file = webuiUpscalers.get(wanted.toLowerCase())
  const found = upscalers.find(({ id }) => file !== undefined && plainName(baseOf(id)) === file.toLowerCase())
  return found ?? named(upscalers, wanted, field)
}

/** What a client calls a network, with or without folder, extension and hash. Throws AppError that names the field. */
export function named<Entry extends Choice>(entries: readonly Entry[], wanted: string, field: string): Entry {
  const plain = plainName(wanted)
  const found =
    entries.find(({ id }) => id === wanted) ??
    entries.find(({ id, label }) => [id, baseOf(id), label].some((known) => plainName(known) === plain))
  if (found !== undefined) return found
  const known = entries.map(({ id }) => id).join(', ')
  throw wrong(
    field,
    `names nothing there is: ${shown(wanted)}.`,
    known === '' ? 'There is none.' : `There are ${known}.`
  )
}

const baseOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1)

const plainName = (name: string): string =>
  name
    .replace(/\s*\[[0-9a-f]*\]\s*$/i, '')
    .replaceAll('\\', '/')
    .replace(extension, '')
    .toLowerCase()
