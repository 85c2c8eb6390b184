import type { LoraPart } from './extension.ts'

export interface LoraName {
  readonly part: LoraPart
  /** The layer's path with underscores for dots. */
  readonly path: string
  /** What the tensor is to its layer, by the names of nn/adaptation.ts. */
  readonly piece: string
}

/** What a tensor's name may end with, and the piece that it is. */
const endings: readonly (readonly [RegExp, (word: string) => string])[] = [
  // `….lora_down.weight` (kohya), `….lora_A.default.weight` (peft), `…_lora.down.weight`, `….lora_linear_layer.down.weight` (diffusers)
  [
    /[._]lora(?:_linear_layer)?[._](down|up|mid|A|B)(?:\.[^.]+)?\.weight$/,
    (word) => `${{ A: 'down', B: 'up' }[word] ?? word}.weight`
  ],
  [/\.lora_(magnitude_vector)(?:\.[^.]+)?(?:\.weight)?$/, () => 'magnitude'],
  [/\.((?:hada|lokr)_(?:w[12](?:_[ab])?|t[12]))$/, (word) => word],
  [/\.((?:a1|a2|b1|b2|bm)\.weight)$/, (word) => word],
  [/\.(oft_blocks|oft_diag|rescale|dora_scale|on_input|alpha)$/, (word) => word],
  [/\.(diff|diff_b|w_norm|b_norm)$/, (word) => ({ w_norm: 'diff', b_norm: 'diff_b' })[word] ?? word],
  // IA³ calls its one tensor so, which is told from a model's own by what stands beside it.
  [/\.(weight)$/, (word) => word]
]

const prefixes: readonly (readonly [RegExp, LoraPart])[] = [
  [/^(lora|lycoris|oft)_unet_/, 'unet'],
  [/^(lora|lycoris|oft)_te1?_/, 'text0'],
  [/^(lora|lycoris|oft)_te2_/, 'text1'],
  [/^lycoris_(?=(down_blocks|up_blocks|mid_block|conv_|time_|add_))/, 'unet'],
  [/^lycoris_(?=text_model_)/, 'text0'],
  [/^unet\./, 'unet'],
  [/^text_encoder\./, 'text0'],
  [/^text_encoder_2\./, 'text1'],
  [/^(model\.)?diffusion_model\./, 'unet'],
  [/^(?=(down_blocks|up_blocks|mid_block|input_blocks|middle_block|output_blocks)\.)/, 'unet'],
  [/^(?=(text_model|encoder\.layers)\.)/, 'text0']
]

/** What a tensor of a LoRA file is; null for one that no LoRA of ours has. */
export function parseLoraName(name: string): LoraName | null {
  for (const [ending, pieceOf] of endings) {
    const found = ending.exec(name)
    if (found === null) continue
    const bare = name.slice(0, found.index).replace(/^base_model\.model\./, '')
    const prefix = prefixes.find(([pattern]) => pattern.test(bare))
    if (prefix === undefined) return null
    const [pattern, part] = prefix
    const path = usualPath(bare.replace(pattern, ''), part).replaceAll('.', '_')
    return { part, path, piece: pieceOf(found[1] ?? '') }
  }
  return null
}

const textProjections: Readonly<Record<string, string>> = {
  to_q: 'q_proj',
  to_k: 'k_proj',
  to_v: 'v_proj',
  to_out: 'out_proj'
}

/** diffusers' early attention processors named the projections in their own way. */
function usualPath(path: string, part: LoraPart): string {
  const plain = path.replace('.processor.', '.')
  if (part === 'unet') return plain.replace(/\.to_out$/, '.to_out.0')
  return plain
    .replace(/\.(to_[qkv]|to_out)$/, (whole, name: string) => `.${textProjections[name] ?? whole}`)
    .replace(/^text_model[._]/, '')
}

/** Whether a tensor's name says that its file is an adaptation of a model's layers, of whatever kind. */
export function isAdaptation(name: string): boolean {
  const piece = parseLoraName(name)?.piece
  return piece !== undefined && piece !== 'alpha' && piece !== 'weight'
}
