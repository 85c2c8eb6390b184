import { AppError } from '../../errors.ts'
import { shownName, type TensorTable } from '../tensor-table.ts'

interface Foreign {
  /** Of any tensor's name. */
  readonly sign: RegExp
  /** “… is an IP-Adapter” */
  readonly is: string
  readonly hint: string
}

const plainControlNet = 'Take a ControlNet or a control-LoRA for the same kind of map.'

/** What people keep beside models and Marquee does not run. */
const foreign: readonly Foreign[] = [
  {
    sign: /^(ip_adapter|image_proj)\.|\.to_[kv]_ip\.weight$/,
    is: 'an IP-Adapter',
    hint: 'To keep the look of a picture, start from it (Refine), or guide by its shapes with a ControlNet.'
  },
  {
    sign: /^(adapter\.)?body\.\d+\.(block1|block2|in_conv|resnets)\.|^(adapter\.)?transformer_layes\.\d+\.attn\.in_proj_weight$/,
    is: 'a T2I-Adapter',
    hint: plainControlNet
  },
  { sign: /^lllite_/, is: 'a ControlNet-LLLite', hint: plainControlNet },
  {
    sign: /(^|\.)(ctrl_to_base|base_to_ctrl|enc_zero_convs_(in|out)|ctrl_(resnets|attentions))\./,
    is: 'a ControlNet-XS',
    hint: plainControlNet
  },
  {
    sign: /^(controlnet_blocks|controlnet_x_embedder|controlnet_single_blocks|pos_embed_input\.proj)\./,
    is: 'a ControlNet for Stable Diffusion 3 or Flux',
    hint: 'Choose a ControlNet that was made for Stable Diffusion 1, 2 or XL.'
  },
  {
    sign: /\.motion_modules\./,
    is: 'an AnimateDiff motion module',
    hint: 'Marquee makes pictures one by one.'
  }
]

/** Throws AppError 'model-unsupported' that says what a file is, where it stands beside models and is none of ours. */
export function refuseForeignAddOn({ file, weights, unusable }: TensorTable): void {
  const names = [...weights.keys(), ...unusable.keys()]
  // A union of ControlNets has a small transformer of that name, too.
  const isUnion = names.some((name) => name.startsWith('control_add_embedding.'))
  const found = foreign.find(({ sign }) => names.some((name) => sign.test(name)))
  if (found === undefined || isUnion) return
  throw new AppError('model-unsupported', {
    message: `${shownName(file)} is ${found.is}, which Marquee cannot run.`,
    hint: found.hint
  })
}
