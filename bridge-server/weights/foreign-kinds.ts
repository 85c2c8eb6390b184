import { AppError } from '../errors.ts'
import { addOnKind, type AddOnKind } from './add-on-kinds.ts'
import { shownName, type TensorTable } from './tensor-table.ts'

interface OtherModel {
  /** “… is Stable Diffusion 3.” */
  readonly is: string
  /** Of any tensor's name. */
  readonly sign: RegExp
  /** Has a Stable Diffusion UNet inside, and still is something else. */
  readonly aroundUnet?: boolean
}

const pickAnother = 'Choose a Stable Diffusion 1.x, 2.x or XL model.'

/** The first that fits is what a file is; the more telling signs come first. */
const otherModels: readonly OtherModel[] = [
  { is: 'Stable Video Diffusion', sign: /\.time_(stack|mixer)\./, aroundUnet: true },
  {
    is: 'a model of EDM’s noise levels (Playground 2.5, CosXL)',
    sign: /^edm_(mean|std|vpred)/,
    aroundUnet: true
  },
  { is: 'Stable Diffusion 3', sign: /(^|\.)joint_blocks\.\d/ },
  { is: 'a HunyuanVideo model', sign: /(^|\.)double_blocks\.\d+\.img_mod\.linear\./ },
  {
    is: 'a Flux model',
    sign: /(^|\.)(double_blocks|single_transformer_blocks)\.\d|(^|\.)double_stream_blocks\./
  },
  {
    is: 'a diffusion transformer (Stable Diffusion 3, Flux or a relative)',
    sign: /^(model\.diffusion_model\.)?transformer_blocks\.\d+\.(attn\.add_[kqv]_proj|norm1_context)/
  },
  { is: 'AuraFlow', sign: /(^|\.)cond_seq_linear\./ },
  { is: 'PixArt', sign: /(^|\.)(adaln_single|t_block)\./ },
  { is: 'HunyuanDiT', sign: /(^|\.)mlp_t5\./ },
  { is: 'Stable Cascade', sign: /(^|\.)clip_(txt|img)_mapper\./ },
  { is: 'a Lumina model', sign: /(^|\.)cap_embedder\./ },
  { is: 'a Wan video model', sign: /(^|\.)blocks\.\d+\.cross_attn\.norm_k\./ },
  { is: 'DeepFloyd IF', sign: /(^|\.)encoder_hid_proj\.|^encoder_pooling\./ },
  { is: 'a depth estimator', sign: /^(dpt|backbone\.embeddings|pretrained\.model)\./ },
  { is: 'a T5 text encoder', sign: /(^|\.)encoder\.block\.\d+\.layer\.\d+\.SelfAttention\./ },
  { is: 'a CLIP vision model', sign: /^vision_model\./ },
  {
    is: 'a language model',
    sign: /^(model\.(layers|embed_tokens)\.|transformer\.h\.\d|lm_head\.|language_model\.)/
  },
  { is: 'a text encoder', sign: /^(text_model\.|transformer\.resblocks\.|encoder\.layers\.\d+\.self_attn)/ }
]

const ldmUnet = 'model.diffusion_model.input_blocks.0.0.weight'

/**
 * Whether a file holds a whole Stable Diffusion model. What is something else is refused by AppError 'model-unsupported'
 * that says what it is.
 */
export function refuseForeign(table: TensorTable): void {
  const names = [...table.weights.keys(), ...table.unusable.keys()]
  if (names.some((name) => /\.(absmax|quant_map|quant_state\.|scale_weight$|weight_scale$)/.test(name)))
    throw refusal(
      table,
      'quantised with scales of its own (4-bit or scaled fp8)',
      'Use the fp16, bf16 or plain fp8 version.'
    )
  const isWhole = names.includes(ldmUnet)
  const addOn = addOnKind(table, isWhole)
  if (addOn !== undefined) throw addOnRefusal(table, addOn)
  const other = otherModel(names)
  if (other !== undefined) throw refusal(table, other.is, pickAnother)
  if (isWhole) return
  if (names.some((name) => /^(first_stage_model\.)?(encoder|decoder)\.conv_in\./.test(name)))
    throw refusal(
      table,
      'only an autoencoder (VAE)',
      'Put it in the folder models/vae, or beside a model as NAME.vae.safetensors.'
    )
  if (names.some((name) => /^(input_blocks|down_blocks)\./.test(name)))
    throw refusal(
      table,
      'only a UNet, without text encoder and autoencoder',
      'Use the whole model, as one file or a diffusers folder.'
    )
  const few = names.slice(0, 3).join(', ')
  throw refusal(
    table,
    `not a model Marquee knows: it has ${names.length} tensors such as ${few || '(none)'}`,
    pickAnother
  )
}

/** What a file that is no Stable Diffusion model is, as “a LoRA”; null: nothing that is known. */
export function foreignKind(table: TensorTable): string | null {
  const names = [...table.weights.keys(), ...table.unusable.keys()]
  return (addOnKind(table, names.includes(ldmUnet)) ?? otherModel(names))?.is ?? null
}

/** Throws AppError 'model-unsupported' that says what a file is, where it stands beside models and is not run. */
export function refuseForeignAddOn(table: TensorTable): void {
  const kind = addOnKind(table, false)
  if (kind !== undefined && kind.folder === null) throw addOnRefusal(table, kind)
}

function otherModel(names: readonly string[]): OtherModel | undefined {
  const isWhole = names.includes(ldmUnet)
  return otherModels.find(
    ({ sign, aroundUnet = false }) => (!isWhole || aroundUnet) && names.some((name) => sign.test(name))
  )
}

const addOnRefusal = (table: TensorTable, { is, folder, hint }: AddOnKind): AppError =>
  refusal(table, folder === null ? `${is}, which Marquee cannot run` : is, hint)

const refusal = (table: TensorTable, is: string, hint: string): AppError =>
  new AppError('model-unsupported', { message: `${shownName(table.file)} is ${is}.`, hint })
