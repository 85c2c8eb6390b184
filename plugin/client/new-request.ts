import type { ModelInfo } from '#protocol/catalogue.ts'
import type { GenerateRequest, Sampling } from '#protocol/request.ts'

/** What a person says of a request; the model and its defaults say the rest. */
export type Wish = Partial<Omit<GenerateRequest, 'model' | 'sampling'>> & {
  readonly sampling?: Partial<Sampling>
}

const seeds = 2 ** 32
/** Variations count their seeds up. */
const mostVariations = 8

/** Of the seeds that leave room for those of all variations. `random` is in 0…1, 1 excluded. */
export const drawnSeed = (random: () => number = Math.random): number =>
  Math.floor(random() * (seeds - mostVariations))

/** A whole request: one picture of the model's own size, from nothing, with a seed of its own, where the wish does not say more. */
export function newRequest({ id, nativeSize, defaults }: ModelInfo, wish: Wish): GenerateRequest {
  const { sampler, schedule, steps, guidance } = defaults
  const canvas = wish.canvas ?? { width: nativeSize, height: nativeSize }
  return {
    mode: 'txt2img',
    prompt: '',
    negativePrompt: '',
    documentId: '',
    area: { x: 0, y: 0, ...canvas },
    strength: 1,
    count: 1,
    workingSize: null,
    ...wish,
    model: id,
    canvas,
    sampling: { sampler, schedule, steps, guidance, seed: drawnSeed(), ...wish.sampling }
  }
}
