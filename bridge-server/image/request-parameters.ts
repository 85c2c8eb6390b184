import type { Catalogue } from '../protocol/catalogue.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { JobResult, Variation } from '../protocol/results.ts'
import { writeParameters, type Field } from './metadata.ts'

interface PictureParts {
  readonly request: GenerateRequest
  readonly result: Pick<JobResult, 'workingSize'>
  readonly variation: Pick<Variation, 'seed' | 'variationSeed'>
  readonly catalogue: Pick<Catalogue, 'models' | 'samplers' | 'schedules'>
  /** Of Marquee. */
  readonly version: string
}

/** What a picture says of itself under `parameters`, in the web UI's words, order and names. */
export function parametersOf({ request, result, variation, catalogue, version }: PictureParts): string {
  const { sampling, mode } = request
  const model = catalogue.models.find(({ id }) => id === request.model)
  const { width, height } = result.workingSize
  const fields: readonly (readonly [string, string | number | null | undefined])[] = [
    ['Steps', sampling.steps],
    ['Sampler', labelOf(catalogue.samplers, sampling.sampler)],
    ['Schedule type', labelOf(catalogue.schedules, sampling.schedule)],
    ['CFG scale', sampling.guidance],
    ['Seed', variation.seed],
    ['Size', `${width}x${height}`],
    ['Model hash', model?.sha256?.slice(0, 10)],
    ['Model', request.model.slice(request.model.lastIndexOf('/') + 1)],
    ['VAE', request.vae],
    ...variationFields(sampling, variation),
    ['Denoising strength', mode === 'txt2img' ? request.hires?.strength : request.strength],
    ['Clip skip', sampling.clipSkip],
    ['Eta', sampling.eta],
    ['RNG', sampling.noise === 'gpu' ? 'NV' : 'CPU'],
    ['CFG Rescale phi', sampling.guidanceRescale],
    ['Emphasis', sampling.emphasis],
    ['Version', `Marquee ${version}`]
  ]
  return writeParameters(
    request.prompt,
    request.negativePrompt,
    fields.map(([name, value]) => [name, value ?? null])
  )
}

function variationFields(
  { variationStrength = 0, seedResize }: GenerateRequest['sampling'],
  { variationSeed = 0 }: PictureParts['variation']
): readonly Field[] {
  const resize: Field = [
    'Seed resize from',
    seedResize === undefined ? null : `${seedResize.width}x${seedResize.height}`
  ]
  return variationStrength === 0
    ? [resize]
    : [['Variation seed', variationSeed], ['Variation seed strength', variationStrength], resize]
}

const labelOf = (choices: Catalogue['samplers'], id: string): string =>
  choices.find((choice) => choice.id === id)?.label ?? id
