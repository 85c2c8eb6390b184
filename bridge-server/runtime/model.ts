import type { Edges } from '../graph/graph.ts'
import type { AnnotatorNetwork } from '../protocol/annotators.ts'
import type { ModelInfo } from '../protocol/catalogue.ts'
import type { ControlKind } from '../protocol/request.ts'
import type { OpenNetwork } from '../protocol/compute.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** What a text encoder gives for `n` chunks of `length` tokens. */
export interface EncodedText {
  /** [n, length, width], from the layer that clip skip asks for. */
  readonly hidden: Tensor
  /** [n, width] at the end token, projected where the encoder has a projection; only the second encoder of XL needs it. */
  readonly pooled: Tensor | null
}

export interface TextEncoder {
  /** Positions of one chunk with its start and end token: 77 for CLIP. */
  readonly length: number
  readonly width: number
  /** How many tokens there are; greater ids are rows of `vectors`. */
  readonly vocabulary: number
  readonly startToken: number
  readonly endToken: number
  /** Fills a chunk behind its end token: the end token again (CLIP-L), 0 (OpenCLIP). */
  readonly padToken: number
  /** Folder or file of the vocabulary: a diffusers `tokenizer` folder, or null for CLIP's own. */
  readonly tokenizerFolder: string | null
  /**
   * `ids`: `n` chunks of `length` each. `clipSkip` 1 is the last layer; undefined is the family's own
   * (SD 1: last with final norm; SD 2: penultimate with final norm; XL: penultimate without).
   * `vectors` [count, width]: in the place of tokens, a textual inversion's.
   */
  encode(ids: readonly Int32Array[], clipSkip?: number, vectors?: Tensor): Promise<EncodedText>
}

/** One call of the UNet. n is the batch; all sizes are free. */
export interface UnetInput {
  /** [n, c, h, w] with c as the model's `inputChannels`. */
  readonly x: Tensor
  /** [n], fractional steps of 0…999. */
  readonly timesteps: Float32Array
  /** [n, tokens, width]. */
  readonly context: Tensor
  /** The guidance scale, for a model that embeds it; others take no notice. */
  readonly guidance?: number
  /** [n, adm]: XL's pooled text and size embedding. */
  readonly y?: Tensor
  /** What ControlNets add, as `ControlNet.residuals` gives it; only for a model that was asked for ControlNets. */
  readonly residuals?: readonly Tensor[] | undefined
}

/** A ControlNet that is ready to run beside its model. */
export interface ControlNet {
  /** Whether its residuals are to be averaged over the picture and kept from the unconditional prediction. */
  readonly globalPool: boolean
  /** Kinds of maps that a union of ControlNets knows, one of which each call names; empty for one of a single kind. */
  readonly kinds: readonly ControlKind[]
  /** A map [1, 3, 8h, 8w] in 0…1 → what `residuals` wants of it, the same in every step. */
  hint(map: Tensor): Promise<Tensor>
  /** One call: `x` without extra channels → a residual for each input block, and one for the middle. */
  residuals(
    input: Omit<UnetInput, 'residuals' | 'guidance'> & {
      readonly hint: Tensor
      readonly kind?: ControlKind | undefined
    }
  ): Promise<readonly Tensor[]>
}

/** A LoRA by name, with its weights. */
export interface LoraUse {
  readonly name: string
  readonly text: number
  readonly unet: number
  /** Factors of `unet` for each of the UNet's blocks, by their numbers (`nn/unet-block-numbers.ts`); none: 1 for all. */
  readonly blocks?: readonly number[] | null
  /** So many ranks are used at most of layers that are low-rank; none: all. */
  readonly rank?: number | null
}

/** Networks beside a model, by name. Where a weight is 0 the network is left out. */
export interface Extensions {
  readonly loras: readonly LoraUse[]
  readonly hypernetworks: readonly { readonly name: string; readonly weight: number }[]
  readonly controlNets: readonly string[]
}

/** A textual inversion by the name that prompts call it. */
export interface Embedding {
  readonly name: string
  /**
   * [vectors, width] for each text encoder; null where it was made for another family of models.
   * Throws AppError 'model-unreadable' for a damaged file.
   */
  open(): Promise<readonly Tensor[] | null>
}

/** A Stable Diffusion model that is ready to run. Every call may throw AppError ('out-of-memory', 'model-incomplete'). */
export interface DiffusionModel {
  readonly info: ModelInfo
  readonly inputChannels: number
  /** Width of `UnetInput.y`: pooled text and embedded sizes of XL; 0 for models that take none. */
  readonly admChannels: number
  /** Whether the UNet is told the guidance scale and needs no unconditional prediction, as latent consistency models. */
  readonly embedsGuidance: boolean
  /** What the VAE's latents are multiplied by. */
  readonly latentScale: number
  /** Pixels per latent, 8. */
  readonly downscale: number
  /** Cumulative product of 1 − beta for the training steps, float64 of length 1000. */
  readonly alphasCumprod: Float64Array
  /** One for SD 1 and 2, two for XL (their hidden states are concatenated), the second alone for its refiner. */
  readonly textEncoders: readonly TextEncoder[]
  unet(input: UnetInput): Promise<Tensor>
  /** [n, 3, H, W] in −1…1 → mean latents times `latentScale`, [n, 4, H/8, W/8]. */
  encode(image: Tensor): Promise<Tensor>
  /** The inverse of `encode`; not clamped. */
  decode(latents: Tensor): Promise<Tensor>
  /** [1, 3, H, W] in −1…1 of any size → [1, H', W'] relative inverse depth (near is large). Null: no estimator in the model. */
  readonly estimateDepth: ((image: Tensor) => Promise<Tensor>) | null
  /** Those that `with` was asked for, in its order. */
  readonly controlNets: readonly ControlNet[]
  /**
   * The same model with other networks in it, instead of those it has. Other weights of the same networks cost nothing; other
   * networks cost a session, and the ones before are freed. Throws AppError: 'model-missing', 'model-unreadable', and
   * 'model-unsupported' where one was made for another family.
   */
  with(extensions: Extensions): Promise<DiffusionModel>
  /** Every textual inversion there is. */
  embeddings(): Promise<readonly Embedding[]>
  /** A tiny decoder of the model's family, [n, 4, h, w] → [n, 3, 8h, 8w] in about 0…1, for looks; null where no file of one is there. */
  tinyDecoder(): Promise<((latents: Tensor) => Promise<Tensor>) | null>
}

/** A network that makes pictures larger. */
export interface Upscaler {
  readonly name: string
  /** How many times, along each side. */
  readonly scale: number
  /** Sides of what it is given are multiples of this many pixels. */
  readonly multiple: number
  /** The side in pixels of the largest tile that it is to be given at once. */
  readonly tile: number
  /** [1, 3, h, w] in 0…1 → [1, 3, scale·h, scale·w], not clamped. */
  enlarge(image: Tensor): Promise<Tensor>
}

/** A network that makes maps: a picture [1, 3, h, w] in −1…1 → what its kind says of its outputs. */
export type AnnotatorModel = (picture: Tensor) => Promise<readonly Tensor[]>

/** The models the server has, opened on demand and kept within the memory budget. */
export interface Models {
  /**
   * Opens a model, or returns the one that is open; `vae` as in a request. With edges that wrap, a picture's left edge meets its
   * right one and its top its bottom; only whole pictures should be given to it. Throws AppError: 'model-missing', 'model-unreadable',
   * 'model-unsupported', 'model-incomplete'.
   */
  open(id: string, vae?: string | null, edges?: Edges): Promise<DiffusionModel>
  /**
   * Opens an upscaler by its id or name. Throws AppError: 'model-missing', 'model-unreadable', 'model-unsupported',
   * 'model-incomplete', 'out-of-memory'.
   */
  upscaler(name: string): Promise<Upscaler>
  /**
   * Opens the first network of a kind that makes maps. Throws AppError as `upscaler` does.
   * depth: [1, h', w'], near is large. hed: [1, 1, h, w] in 0…1. openpose: fields [1, 38, h/8, w/8] and parts [1, 19, h/8, w/8].
   * mlsd: [1, 9, h/2, w/2].
   */
  annotator(kind: AnnotatorNetwork): Promise<AnnotatorModel>
  /** Looks how much memory other programs leave. Once before a job, so that all of it is done alike. */
  look(): void
  /** What is open, the bytes that it may take together, and what of these other programs left at the last look. */
  memory(): { readonly limit: number; readonly room: number; readonly networks: readonly OpenNetwork[] }
  /** Frees every session. */
  release(): Promise<void>
}
