import type { WeightSource } from '../graph/weight.ts'
import type { ModelInfo } from '../protocol/catalogue.ts'
import type { Betas } from '../tensor/betas.ts'

/** A text encoder inside a checkpoint; weights have the names of transformers' CLIPTextModel(WithProjection). */
export interface TextEncoderPart {
  readonly weights: WeightSource
  readonly heads: number
  readonly activation: 'quick_gelu' | 'gelu'
  readonly layerNormEpsilon: number
  readonly startToken: number
  readonly endToken: number
  readonly padToken: number
  /** Folder with `tokenizer.json` or `vocab.json` + `merges.txt`; null: CLIP's own vocabulary. */
  readonly tokenizerFolder: string | null
  /** 1 is the last layer; the family's own choice. */
  readonly clipSkip: number
  /** Whether the chosen layer goes through the final norm (SD 1 and 2) or not (XL). */
  readonly finalNorm: boolean
}

/** The UNet inside a checkpoint; weights have the names of ldm's openaimodel.UNetModel. */
export interface UnetPart {
  readonly weights: WeightSource
  /** SD 1 has a fixed number of heads at every level, SD 2 and XL a fixed size of a head. */
  readonly heads: { readonly count: number } | { readonly size: number }
  readonly normGroups: number
  readonly inputChannels: number
}

/** The autoencoder inside a checkpoint; weights have the names of ldm's AutoencoderKL. */
export interface VaePart {
  readonly weights: WeightSource
  readonly normGroups: number
  readonly latentScale: number
}

/** A depth estimator; weights have the names of transformers' DPTForDepthEstimation. */
export interface DepthPart {
  readonly weights: WeightSource
  /** As in transformers' DPTConfig. */
  readonly heads: number
  readonly patchSize: number
  readonly outIndices: readonly number[]
  readonly layerNormEpsilon: number
  readonly readout: 'project' | 'add' | 'ignore'
  readonly hybrid: boolean
  /** Groups of the norms in a hybrid's convolutional backbone; 32 when absent. */
  readonly backboneGroups?: number
  /** Square size the estimator reads, and its normalisation. */
  readonly imageSize: number
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
}

/** A model as found on disk: where each network's weights lie, and what its tensors and sidecars say of it. */
export interface Checkpoint {
  readonly info: ModelInfo
  readonly textEncoders: readonly TextEncoderPart[]
  readonly unet: UnetPart
  readonly vae: VaePart
  readonly depth: DepthPart | null
  readonly betas: Betas
}
