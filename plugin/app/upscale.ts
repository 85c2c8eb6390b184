import type { Catalogue, ModelInfo } from '#protocol/catalogue.ts'
import type { Rect, Size } from '#protocol/geometry.ts'
import type { GenerateRequest } from '#protocol/request.ts'
import type { Upscale } from '#protocol/upscale.ts'
import { plainUpscalers, upscaledSize } from '#protocol/upscalers.ts'
import { fieldOf, text, within } from './stored-values.ts'

/** What the intent `upscale` leaves to a person. */
export interface UpscaleSettings {
  /** An upscaler's id in the catalogue, or null: the first network there is, else Lanczos. */
  readonly upscaler: string | null
  /** How many pixels of the result stand for one of the picture, along each side. */
  readonly factor: number
  /** How much the model may change what the upscaler made, 0…1; 0: the model is not used. */
  readonly refine: number
  /** Where there is a ControlNet “tile”, the refined picture is held to the enlarged one. */
  readonly usesTile: boolean
}

export const defaultUpscale: UpscaleSettings = { upscaler: null, factor: 2, refine: 0, usesTile: true }
/** What the server takes. */
export const upscaleFactors = { least: 1, most: 8 } as const

/** The stored form read back; what is not what it should be is its default. */
export const readUpscale = (value: unknown): UpscaleSettings => ({
  upscaler: text(fieldOf(value, 'upscaler')),
  factor:
    within(fieldOf(value, 'factor'), upscaleFactors.least, upscaleFactors.most) ?? defaultUpscale.factor,
  refine: within(fieldOf(value, 'refine'), 0, 1) ?? defaultUpscale.refine,
  usesTile: fieldOf(value, 'usesTile') !== false
})

/** The chosen upscaler where it is still there, else the first network, else Lanczos. */
export function upscalerFor(
  { upscaler }: UpscaleSettings,
  { upscalers }: Pick<Catalogue, 'upscalers'>
): string {
  const isPlain = (id: string) => plainUpscalers.some((plain) => plain.id === id)
  const chosen = upscalers.find(({ id }) => id === upscaler) ?? upscalers.find(({ id }) => !isPlain(id))
  return chosen?.id ?? plainUpscalers[0].id
}

/** The name of the first ControlNet for tiles that goes with a model: by its name, or as one of the kinds that it knows. */
export function tileNetFor(
  { family }: Pick<ModelInfo, 'family'>,
  { extensions }: Pick<Catalogue, 'extensions'>
): string | null {
  const nets = extensions.filter((net) => net.kind === 'controlnet' && net.family === family)
  const named = nets.find(({ name }) => /(^|[^a-z])tile([^a-z]|$)/i.test(name))
  const tile = named ?? nets.find(({ kinds }) => kinds?.includes('tile') === true)
  return tile?.name ?? null
}

/** What a request of mode `upscale` asks for. */
export function upscaleFor(settings: UpscaleSettings, model: ModelInfo, catalogue: Catalogue): Upscale {
  const { factor, refine, usesTile } = settings
  const control = usesTile ? tileNetFor(model, catalogue) : null
  return {
    upscaler: upscalerFor(settings, catalogue),
    factor,
    ...(refine === 0 ? {} : { creative: { strength: refine, ...(control === null ? {} : { control }) } })
  }
}

/** The settings of a request; what was held to a ControlNet then is held to one again. */
export const upscaleOf = ({ upscaler, factor, creative }: Upscale): UpscaleSettings => ({
  upscaler,
  factor,
  refine: creative?.strength ?? 0,
  usesTile: creative === undefined || creative.control !== undefined
})

/** Whether a model has part in a request: an upscaler alone takes no prompt. */
export const usesModel = ({ upscale }: Pick<GenerateRequest, 'upscale'>): boolean =>
  upscale === undefined || upscale.creative !== undefined

/** The picture that comes of an area. */
export const sizeOfUpscaled = (area: Rect | Size, { factor }: UpscaleSettings): Size =>
  upscaledSize(area, { factor })
