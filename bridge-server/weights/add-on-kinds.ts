import type { TensorTable } from './tensor-table.ts'

/** What is put beside models, and is none by itself. */
export interface AddOnKind {
  /** “… is a LoRA.” */
  readonly is: string
  /** Of any tensor's name. */
  readonly sign: RegExp
  /** Of none of its tensors' names, where another kind has the sign too. */
  readonly unless?: RegExp
  /** Has a Stable Diffusion UNet inside, and still is something else. */
  readonly aroundUnet?: boolean
  /** Where it goes. Null: Marquee does not run it. */
  readonly folder: string | null
  /** What a person can do instead, where it is not run. */
  readonly hint: string
}

const runs = (is: string, folder: string, sign: RegExp): AddOnKind => ({
  ...{ is, folder, sign },
  hint: `It is no model by itself; put it in the folder ${folder}.`
})
const isNotRun = (is: string, hint: string, sign: RegExp): AddOnKind => ({ is, hint, sign, folder: null })

const plainControlNet = 'Take a ControlNet or a control-LoRA for the same kind of map.'

/** The first that fits is what a file is; the more telling signs come first. */
const kinds: readonly AddOnKind[] = [
  isNotRun(
    'an IP-Adapter',
    'To keep the look of a picture, start from it (Refine), or guide by its shapes with a ControlNet.',
    /^(ip_adapter|image_proj)\.|\.to_[kv]_ip\.weight$/
  ),
  {
    ...isNotRun(
      'a T2I-Adapter',
      plainControlNet,
      /^(adapter\.)?body\.\d+\.(block1|block2|in_conv|resnets)\.|^(adapter\.)?transformer_layes\.\d+\.attn\.in_proj_weight$/
    ),
    // A union of ControlNets has a small transformer of that name, too.
    unless: /^control_add_embedding\./
  },
  isNotRun('a ControlNet-LLLite', plainControlNet, /^lllite_/),
  isNotRun(
    'a ControlNet-XS',
    plainControlNet,
    /(^|\.)(ctrl_to_base|base_to_ctrl|enc_zero_convs_(in|out)|ctrl_(resnets|attentions))\./
  ),
  isNotRun(
    'a ControlNet for Stable Diffusion 3 or Flux',
    'Choose a ControlNet that was made for Stable Diffusion 1, 2 or XL.',
    /^(controlnet_blocks|controlnet_x_embedder|controlnet_single_blocks|pos_embed_input\.proj)\./
  ),
  isNotRun('an AnimateDiff motion module', 'Marquee makes pictures one by one.', /\.motion_modules\./),
  runs(
    'a LoRA',
    'models/loras',
    /(\.lora_(up|down|A|B)\.|^lora_(unet|te)|\.(hada_w1_a|lokr_w1|oft_blocks|dora_scale))/
  ),
  {
    ...runs(
      'a ControlNet',
      'models/controlnet',
      /(^|\.)(control_model|controlnet_cond_embedding|controlnet_down_blocks|input_hint_block|zero_convs)\./
    ),
    aroundUnet: true
  },
  runs(
    'an embedding (textual inversion)',
    'models/embeddings',
    /^(string_to_(param|token)(\.|$)|emb_params$|clip_[lg]$|<.+>$)/
  ),
  runs('a hypernetwork', 'models/hypernetworks', /^(\d+)\.\d+\.linear\.\d+\./),
  runs(
    'an upscaler',
    'models/upscalers',
    /^((model\.0|conv_first|RRDB_trunk\.0\.RDB1\.conv1)\.(weight|bias)$|RRDB_trunk\.|layers\.\d+\.residual_group\.|params(_ema)?\.(conv_first|body)\.)/
  ),
  runs('a TAESD preview decoder', 'models/vae_approx', /^((en|de)coder\.layers\.\d|3\.conv\.0\.weight$)/)
]

/** What a file is that is put beside models; undefined: nothing of the kind. */
export function addOnKind(
  { weights, unusable }: Pick<TensorTable, 'weights' | 'unusable'>,
  hasUnet: boolean
): AddOnKind | undefined {
  const names = [...weights.keys(), ...unusable.keys()]
  return kinds.find(
    ({ sign, unless, aroundUnet = false }) =>
      (!hasUnet || aroundUnet) &&
      names.some((name) => sign.test(name)) &&
      !names.some((name) => unless?.test(name))
  )
}
