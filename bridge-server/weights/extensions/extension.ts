import type { DepthPart } from '../checkpoint.ts'
import type { Weight, WeightSource } from '../../graph/weight.ts'

/**
 * Ways to change a layer, by LyCORIS' names (Yeh et al. 2023, arXiv:2309.14859): `lora` with LoCon and DoRA, `loha`, `lokr`,
 * `glora`, `ia3`, `oft` with BOFT, and `full` for the difference itself, of norms too.
 */
export type AdaptationKind = 'lora' | 'loha' | 'lokr' | 'glora' | 'ia3' | 'oft' | 'full'

/** What a LoRA or one of its relatives changes about one layer, times a weight that a person chooses. */
export interface LoraLayer {
  readonly kind: AdaptationKind
  /** By the names of nn/adaptation.ts. */
  readonly weights: WeightSource
  /** alpha / rank */
  readonly factor: number
  /** How many ranks of a low-rank one are used at most; none: all. */
  readonly rank?: number
  /** Of the layer that it is for; null where the tensors do not tell. */
  readonly size: LayerSize
}

export interface LayerSize {
  readonly outputs: number | null
  /** Weights of one output: inputs times the kernel's area. */
  readonly each: number | null
  /** Where they tell the inputs alone. */
  readonly inputs?: number
}

/** A network of a model that a LoRA may change; the number is that of the text encoder. */
export type LoraPart = 'unet' | 'text0' | 'text1'

/** A low-rank adaptation (Hu et al. 2021, arXiv:2106.09685) or a relative of one as its file has it. */
export interface Lora {
  /** By part, then by the layer's path in the file with underscores for dots. */
  readonly layers: ReadonlyMap<LoraPart, ReadonlyMap<string, LoraLayer>>
  /** Textual inversions that were trained with it and lie in its file, by the names that stand for them in prompts. */
  readonly embeddings: ReadonlyMap<string, Embedding>
}

/** A LoRA whose layers have been found in a model, by their paths there. */
export interface FittedLora {
  readonly unet: ReadonlyMap<string, LoraLayer>
  /** One for each text encoder. */
  readonly texts: readonly ReadonlyMap<string, LoraLayer>[]
}

/** A textual inversion (Gal et al. 2022, arXiv:2208.01618): vectors in the place of tokens. */
export interface Embedding {
  /** [vectors, width] for each text encoder in order; a refiner has the second of XL's two. */
  readonly vectors: readonly Weight[]
}

/** One of a hypernetwork's two small networks for a width: `linear.0`, `linear.1`, … without gaps; 1-D weights are layer norms. */
export interface Hypernetwork {
  /** By the width of what they change: the networks before to_k and to_v. */
  readonly widths: ReadonlyMap<number, readonly [keys: WeightSource, values: WeightSource]>
  /** As the web UI names it. */
  readonly activation: string
  /** Whether the last linear layer is activated too. */
  readonly activateOutput: boolean
}

/** A ControlNet (Zhang et al. 2023, arXiv:2302.05543); weights have the names of cldm's ControlNet. */
export interface ControlNet {
  readonly weights: WeightSource
  /** Whether residuals are averaged over the picture and left out of the unconditional prediction, as for “shuffle”. */
  readonly globalPool: boolean
  /** How many kinds of maps a union of ControlNets knows; 0 for one of a single kind. */
  readonly kinds: number
  /** Of a control-LoRA, by the paths of the layers: what is added to the model's own weights, up · down. Null: it has its own. */
  readonly lowRank: ReadonlyMap<string, { readonly down: Weight; readonly up: Weight }> | null
}

/** A network that makes pictures larger; weights have the names of BasicSR, SwinIR's those of its own code. */
export interface Upscaler {
  /**
   * RRDBNet (Wang et al. 2018, arXiv:1809.00219), SRVGGNetCompact (Real-ESRGAN's small ones) or SwinIR (Liang et al. 2021,
   * arXiv:2108.10257).
   */
  readonly network: 'rrdb' | 'srvgg' | 'swinir'
  readonly weights: WeightSource
  /** How many times larger, along each side. */
  readonly scale: number
  /** Sides of what it reads are multiples of this many pixels. */
  readonly multiple: number
}

/** A tiny autoencoder (madebyollin's TAESD); weights are those of its torch.nn.Sequential, by number. */
export interface Taesd {
  readonly decoder: WeightSource
}

/** Depth-Anything (Yang et al. 2024, arXiv:2401.10891 and 2406.09414); weights have the names of transformers. */
export interface DepthAnything {
  readonly weights: WeightSource
  readonly heads: number
  readonly patchSize: number
  readonly outIndices: readonly number[]
}

/** A network that sees in a picture what a map shows; weights have the names of its own code. */
export type AnnotatorFile =
  | { readonly network: 'dpt'; readonly part: DepthPart }
  | { readonly network: 'depth-anything'; readonly part: DepthAnything }
  | { readonly network: 'hed' | 'openpose' | 'mlsd'; readonly weights: WeightSource }
