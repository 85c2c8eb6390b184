import type { UnetPart, VaePart } from '../weights/checkpoint.ts'
import type { HalfPolicy } from './half-precision.ts'

/**
 * What stays float32 where a UNet or a ControlNet runs in half precision: how time is embedded, for all blocks see it; and scores of
 * attention that are too large for float16.
 */
export const unetPrecision = (largeScores: boolean): HalfPolicy => ({
  fullLayers: /^(time_embed|label_emb)\./,
  fullScores: largeScores
})

/** Stable Diffusion 2's scores are (diffusers' `upcast_attention`); its context is 1024 wide, and nobody else's is. */
export const hasLargeScores = ({ weights }: Pick<UnetPart, 'weights'>): boolean => {
  const toKeys = weights.names.find((name) => name.endsWith('attn2.to_k.weight'))
  return toKeys !== undefined && weights.get(toKeys)?.shape[1] === 1024
}

/**
 * The autoencoder's only attention has one head as wide as the network, whose scores are sums of 512 products. XL's own autoencoder
 * grows beyond float16 inside (null: none of it computes in half precision); the latents' scale tells it.
 */
export const vaePrecision = ({ latentScale }: Pick<VaePart, 'latentScale'>): HalfPolicy | null =>
  latentScale < 0.15 ? null : { fullLayers: null, fullScores: true }
