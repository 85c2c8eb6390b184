import { AppError } from '../errors.ts'
import { shownName, type TensorTable } from './tensor-table.ts'

interface Kind {
  /** “… is a LoRA.” */
  readonly is: string
  readonly hint: string
  /** Of any tensor's name. */
  readonly sign: RegExp
  /** Has a Stable Diffusion UNet inside, and still is something else. */
  readonly aroundUnet?: boolean
}

const pickAnother = 'Choose a Stable Diffusion 1.x, 2.x or XL model.'
const otherModel = (is: string, sign: RegExp): Kind => ({ is, hint: pickAnother, sign })
const addOn = (is: string, folder: string, sign: RegExp): Kind => ({
  is,
  hint: `It is no model by itself; put it in the folder ${folder}.`,
  sign
})

/** The first that fits is what a file is; the more telling signs come first. */
const kinds: readonly Kind[] = [
  addOn(
    'a LoRA',
    'models/loras',
    /(\.lora_(up|down|A|B)\.|^lora_(unet|te)|\.(hada_w1_a|lokr_w1|oft_blocks|dora_scale))/
  ),
  addOn('an IP-Adapter', 'models/ipadapter', /^(ip_adapter|image_proj)\./),
  {
    ...addOn(
      'a ControlNet',
      'models/controlnet',
      /(^|\.)(control_model|controlnet_cond_embedding|controlnet_down_blocks|input_hint_block|zero_convs)\./
    ),
    aroundUnet: true
  },
  addOn('a T2I-Adapter', 'models/controlnet', /^(adapter\.)?body\.\d+\.(block1|block2|in_conv|resnets)\./),
  addOn('an AnimateDiff motion module', 'models/motion', /\.motion_modules\./),
  addOn(
    'an embedding (textual inversion)',
    'models/embeddings',
    /^(string_to_(param|token)(\.|$)|emb_params$|clip_[lg]$|<.+>$)/
  ),
  addOn('a hypernetwork', 'models/hypernetworks', /^(\d+)\.\d+\.linear\.\d+\./),
  { ...otherModel('Stable Video Diffusion', /\.time_(stack|mixer)\./), aroundUnet: true },
  {
    ...otherModel('a model of EDM’s noise levels (Playground 2.5, CosXL)', /^edm_(mean|std|vpred)/),
    aroundUnet: true
  },
  otherModel('Stable Diffusion 3', /(^|\.)joint_blocks\.\d/),
  otherModel('a HunyuanVideo model', /(^|\.)double_blocks\.\d+\.img_mod\.linear\./),
  otherModel(
    'a Flux model',
    /(^|\.)(double_blocks|single_transformer_blocks)\.\d|(^|\.)double_stream_blocks\./
  ),
  otherModel(
    'a diffusion transformer (Stable Diffusion 3, Flux or a relative)',
    /^(model\.diffusion_model\.)?transformer_blocks\.\d+\.(attn\.add_[kqv]_proj|norm1_context)/
  ),
  otherModel('AuraFlow', /(^|\.)cond_seq_linear\./),
  otherModel('PixArt', /(^|\.)(adaln_single|t_block)\./),
  otherModel('HunyuanDiT', /(^|\.)mlp_t5\./),
  otherModel('Stable Cascade', /(^|\.)clip_(txt|img)_mapper\./),
  otherModel('a Lumina model', /(^|\.)cap_embedder\./),
  otherModel('a Wan video model', /(^|\.)blocks\.\d+\.cross_attn\.norm_k\./),
  otherModel('DeepFloyd IF', /(^|\.)encoder_hid_proj\.|^encoder_pooling\./),
  addOn(
    'an upscaler',
    'models/upscalers',
    /^((model\.0|conv_first|RRDB_trunk\.0\.RDB1\.conv1)\.(weight|bias)$|RRDB_trunk\.|layers\.\d+\.residual_group\.|params(_ema)?\.(conv_first|body)\.)/
  ),
  addOn('a TAESD preview decoder', 'models/vae_approx', /^((en|de)coder\.layers\.\d|3\.conv\.0\.weight$)/),
  otherModel('a depth estimator', /^(dpt|backbone\.embeddings|pretrained\.model)\./),
  otherModel('a T5 text encoder', /(^|\.)encoder\.block\.\d+\.layer\.\d+\.SelfAttention\./),
  otherModel('a CLIP vision model', /^vision_model\./),
  otherModel(
    'a language model',
    /^(model\.(layers|embed_tokens)\.|transformer\.h\.\d|lm_head\.|language_model\.)/
  ),
  otherModel('a text encoder', /^(text_model\.|transformer\.resblocks\.|encoder\.layers\.\d+\.self_attn)/)
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
  const kind = kindOfNames(names)
  if (kind !== undefined) throw refusal(table, kind.is, kind.hint)
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
export const foreignKind = (table: TensorTable): string | null =>
  kindOfNames([...table.weights.keys(), ...table.unusable.keys()])?.is ?? null

function kindOfNames(names: readonly string[]): Kind | undefined {
  const isWhole = names.includes(ldmUnet)
  return kinds.find(
    ({ sign, aroundUnet = false }) => (!isWhole || aroundUnet) && names.some((name) => sign.test(name))
  )
}

const refusal = (table: TensorTable, is: string, hint: string): AppError =>
  new AppError('model-unsupported', { message: `${shownName(table.file)} is ${is}.`, hint })
