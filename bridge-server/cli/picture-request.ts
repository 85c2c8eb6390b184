import { drawnSeed, newRequest, type Wish } from '../../plugin/client/new-request.ts'
import type { Marquee } from '../../plugin/client/marquee-client.ts'
import type { CommandLine } from '../command-line.ts'
import { AppError } from '../errors.ts'
import { cropRgba } from '../image/crop.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import type { Catalogue, ModelInfo } from '../protocol/catalogue.ts'
import type { ImageRef } from '../protocol/images.ts'
import { checked } from '../parse.ts'
import { Sampling, type Control, type GenerateRequest, type Mode } from '../protocol/request.ts'
import { modelsFor } from '../protocol/suited-models.ts'
import { choose } from './choose.ts'
import { textOf } from './command.ts'
import * as read from './picture-options.ts'
import { partOf, type Scene, type ScenePart } from './scene.ts'

/** What a command asks for, beyond the options that all of them have. */
export interface PictureJob {
  readonly mode: Mode
  readonly prompt: string
  /** What it starts from; null: nothing, and then `size` is the picture's, or the model's own where that is null. */
  readonly scene: Scene | null
  readonly size: { readonly width: number; readonly height: number } | null
  /** 0…1. */
  readonly strength: number
  /** Of the picture's size. */
  readonly depth?: Gray
  readonly upscale?: (catalogue: Catalogue) => NonNullable<GenerateRequest['upscale']>
}

/** What the options say, before anything of the server is known. */
export interface OptionWish {
  /** Checked one by one; names of samplers and schedules as a person writes them. */
  readonly sampling: Readonly<Record<string, unknown>>
  readonly request: Wish
  readonly vae: string | undefined
}

/** Throws AppError 'settings-invalid'. */
export function readWish(line: CommandLine, count: number): OptionWish {
  const [mask, fill, hires] = [read.readMaskSettings(line), read.readFill(line), read.readHires(line)]
  return {
    sampling: read.readSampling(line),
    vae: textOf(line, 'vae'),
    request: {
      negativePrompt: textOf(line, 'negative-prompt') ?? '',
      workingSize: read.readSize(line, 'working-size'),
      count,
      ...(mask === null ? {} : { mask }),
      ...(fill === null ? {} : { fill }),
      ...(hires === null ? {} : { hires }),
      ...(line.flags.has('seamless') ? { seamless: true } : {})
    }
  }
}

export const newSeed = ({ sampling }: OptionWish): unknown => sampling.seed ?? drawnSeed()

/** The model of --model, else the one that suits best. Throws AppError 'model-missing'. */
export function modelOf(line: CommandLine, mode: Mode, { models }: Catalogue): ModelInfo {
  const wanted = textOf(line, 'model')
  if (wanted !== undefined) return choose('model', wanted, models.map(asNamed)).model
  const [best] = modelsFor(mode, models)
  if (best !== undefined) return best
  throw new AppError('model-missing', {
    message: `None of the ${models.length} models here can do ${mode}.`,
    hint: 'Add one with marquee models add; marquee models list shows what is here.'
  })
}

/** A model as `choose` finds it. */
export const asNamed = (model: ModelInfo) => ({
  ...{ model, id: model.id, label: model.name },
  also: model.sha256 === null ? [] : [model.sha256]
})

/** A control of the command line with its map. */
export interface MappedControl {
  readonly control: read.GivenControl
  readonly map: Rgba
}

interface RequestParts {
  readonly job: PictureJob
  readonly wish: OptionWish
  readonly controls: readonly MappedControl[]
  readonly model: ModelInfo
  readonly catalogue: Catalogue
  readonly seed: unknown
}

/** The whole request, with its pictures sent. Throws AppError for names that are not in the catalogue. */
export async function requestOf(marquee: Marquee, parts: RequestParts): Promise<GenerateRequest> {
  const { job, wish, controls, model, catalogue, seed } = parts
  const { mode, prompt, strength, scene } = job
  const settings = wish.request.mask ?? null
  const part = scene === null ? null : partOf(scene, { strength, nativeSize: model.nativeSize, settings })
  const { width, height } = scene?.canvas ?? job.size ?? { width: model.nativeSize, height: model.nativeSize }
  const maps = await sentControls(marquee, controls, part, catalogue)
  const base = newRequest(model, {
    ...wish.request,
    ...{ mode, prompt, strength, documentId: 'marquee-cli', canvas: { width, height } },
    ...(await sentImages(marquee, part, job.depth)),
    ...(wish.vae === undefined ? {} : { vae: choose('VAE', wish.vae, catalogue.vaes).id }),
    ...(maps.length === 0 ? {} : { controls: maps }),
    ...(job.upscale === undefined ? {} : { upscale: job.upscale(catalogue) })
  })
  const named = samplingNames(wish.sampling, catalogue)
  return { ...base, sampling: checked(Sampling, { ...base.sampling, ...wish.sampling, ...named, seed }) }
}

function samplingNames({ sampler, schedule }: OptionWish['sampling'], { samplers, schedules }: Catalogue) {
  return {
    ...(typeof sampler === 'string' ? { sampler: choose('sampler', sampler, samplers).id } : {}),
    ...(typeof schedule === 'string' ? { schedule: choose('schedule', schedule, schedules).id } : {})
  }
}

async function sentImages(marquee: Marquee, part: ScenePart | null, depth: Gray | undefined): Promise<Wish> {
  const depthRef = depth === undefined ? {} : { depth: await sendGray(marquee, depth) }
  if (part === null) return depthRef
  const { area, snapshot, selection } = part
  return {
    area,
    snapshot: await sendRgba(marquee, snapshot),
    ...(selection === null ? {} : { selection: await sendGray(marquee, selection) }),
    ...depthRef
  }
}

async function sentControls(
  marquee: Marquee,
  controls: readonly MappedControl[],
  part: ScenePart | null,
  { extensions }: Catalogue
): Promise<Control[]> {
  const nets = extensions.flatMap(({ kind, id, name }) =>
    kind === 'controlnet' ? [{ id, label: name }] : []
  )
  const sent: Control[] = []
  for (const { control, map } of controls) {
    const { id } = choose('ControlNet', control.model, nets)
    sent.push(control.with(id, await sendRgba(marquee, part === null ? map : cropRgba(map, part.area))))
  }
  return sent
}

const sendRgba = (marquee: Marquee, { width, height, data }: Rgba): Promise<ImageRef> =>
  marquee.send({ width, height, format: 'rgba8', data: new Uint8Array(data) })

const sendGray = (marquee: Marquee, { width, height, data }: Gray): Promise<ImageRef> =>
  marquee.send({ width, height, format: 'gray8', data: new Uint8Array(data) })
