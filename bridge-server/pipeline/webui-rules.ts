import { latentMask, webuiLatentMask, webuiMaskChannel } from '../image/mask.ts'
import type { Gray } from '../image/pixels.ts'
import type { WebuiRules } from '../protocol/request.ts'
import type { Latents, SamplerOptions } from '../sampling/sampler.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** A mask at latent size, for the sampler and for the channel of an inpainting model: as the web UI makes them, or ours. */
export function latentMasks(
  mask: Gray,
  downscale: number,
  rules: WebuiRules | undefined
): { readonly sampling: Tensor; readonly channel: Tensor } {
  if (rules !== undefined)
    return {
      sampling: webuiLatentMask(mask, downscale, rules.roundMask),
      channel: webuiMaskChannel(mask, downscale)
    }
  const small = latentMask(mask, downscale)
  return { sampling: small, channel: small }
}

/** What selected latents start as; `noise` is drawn only where it is asked for. */
export function startingLatents(
  picture: Latents | null,
  mask: Latents | null,
  fill: WebuiRules['latentFill'],
  noise: () => Latents
): Latents | null {
  if (picture === null || mask === null || fill === undefined) return picture
  const selected = fill === 'noise' ? noise() : new Float32Array(picture.length)
  return picture.map((value, i) => value * (1 - mask[i]!) + selected[i]! * mask[i]!)
}

/** What the rules say about noise that a sampler adds. */
export const samplerRules = ({ noiseScale, churn }: Partial<WebuiRules>): Partial<SamplerOptions> => ({
  ...(noiseScale === undefined ? {} : { noiseScale }),
  ...(churn === undefined ? {} : { churn })
})
