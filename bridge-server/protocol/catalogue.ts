import { AnnotatorInfo } from './annotators.ts'
import { ErrorCode } from './errors.ts'
import { ExtensionInfo } from './extensions.ts'
import { Family } from './family.ts'
import {
  Flag,
  Integer,
  List,
  Literal,
  Null,
  Num,
  Optional,
  Struct,
  Text,
  Union,
  type Static
} from './schema.ts'

/** What the UNet predicts. */
export const Prediction = Union([Literal('epsilon'), Literal('v'), Literal('sample')])
export type Prediction = Static<typeof Prediction>

/** Settings that suit a model; the panel starts from these. */
export const ModelDefaults = Struct({
  sampler: Text(),
  schedule: Text(),
  steps: Integer(),
  guidance: Num(),
  clipSkip: Integer()
})
export type ModelDefaults = Static<typeof ModelDefaults>

/** What a person says of a model where its file cannot; null is what the file or the rule of its family says. */
export const ModelChoice = Struct(
  {
    prediction: Union([Literal('epsilon'), Literal('v'), Null()]),
    /** The id of a VAE in the catalogue, used instead of the model's own. */
    vae: Union([Text({ minLength: 1, maxLength: 512 }), Null()])
  },
  { additionalProperties: false }
)
export type ModelChoice = Static<typeof ModelChoice>

/** `POST` and `DELETE /api/model-folders`: a folder that holds models, by its absolute path. */
export const ModelFolder = Struct(
  { folder: Text({ minLength: 1, maxLength: 4096 }) },
  { additionalProperties: false }
)
export type ModelFolder = Static<typeof ModelFolder>

/** What a person picks. */
export const ModelInfo = Struct({
  id: Text(),
  name: Text(),
  family: Family,
  /** What the UNet's extra input channels mean: none, mask and masked picture (9), depth (5). */
  conditioning: Union([Literal('none'), Literal('inpaint'), Literal('depth')]),
  /** Distilled for few steps, or not. */
  distillation: Union([Literal('none'), Literal('turbo'), Literal('lcm'), Literal('lightning')]),
  prediction: Prediction,
  /** Side in pixels of the square pictures it was trained on. */
  nativeSize: Integer(),
  /** Positions of a prompt chunk, without start and end: 75 for CLIP. */
  chunkTokens: Integer(),
  /** Can estimate depth by itself. */
  hasDepthEstimator: Flag(),
  precision: Text(),
  bytes: Integer(),
  /** sha256 of the checkpoint, null until computed; the short hash is its first 10 digits. */
  sha256: Union([Text(), Null()]),
  defaults: ModelDefaults,
  /** Absent where nobody chose anything. */
  choice: Optional(ModelChoice)
})
export type ModelInfo = Static<typeof ModelInfo>

/** A file or link in a models folder that cannot be used, and why. */
export const RefusedModel = Struct({
  id: Text(),
  name: Text(),
  code: ErrorCode,
  message: Text(),
  hint: Text(),
  /** Absolute path where a link leads that is not followed; told on the server's own computer only. */
  leadsTo: Optional(Text())
})
export type RefusedModel = Static<typeof RefusedModel>

export const Choice = Struct({ id: Text(), label: Text() })
export type Choice = Static<typeof Choice>

/** What the server offers: `GET /api/catalogue`. */
export const Catalogue = Struct({
  models: List(ModelInfo),
  refused: List(RefusedModel),
  /** LoRAs, embeddings, hypernetworks, ControlNets, upscalers and tiny autoencoders. */
  extensions: List(ExtensionInfo),
  /** VAE files that any model may be given. */
  vaes: List(Choice),
  /** Absolute paths of the folders that were added by `POST /api/model-folders`; none for who is on another computer. */
  folders: List(Text()),
  /** What makes maps for ControlNets; those without their network are listed as not available. */
  annotators: List(AnnotatorInfo),
  /** What makes pictures larger: `plainUpscalers`, then the networks among the extensions. */
  upscalers: List(Choice),
  samplers: List(Choice),
  schedules: List(Choice)
})
export type Catalogue = Static<typeof Catalogue>
