import type { LoraPart } from './extension.ts'

export type LoraPiece = 'down' | 'up' | 'mid' | 'alpha'

export interface LoraName {
  readonly part: LoraPart
  /** The layer's path with underscores for dots. */
  readonly path: string
  readonly piece: LoraPiece
}

/** `….lora_down.weight` (kohya), `….lora_A.default.weight` (peft), `…_lora.down.weight` and `….lora_linear_layer.down.weight` (diffusers). */
const ending = /[._]lora(?:_linear_layer)?[._](down|up|mid|A|B)(?:\.[^.]+)?\.weight$/

const prefixes: readonly (readonly [RegExp, LoraPart])[] = [
  [/^lora_unet_/, 'unet'],
  [/^lora_te1?_/, 'text0'],
  [/^lora_te2_/, 'text1'],
  [/^unet\./, 'unet'],
  [/^text_encoder\./, 'text0'],
  [/^text_encoder_2\./, 'text1'],
  [/^(model\.)?diffusion_model\./, 'unet'],
  [/^(?=(down_blocks|up_blocks|mid_block|input_blocks|middle_block|output_blocks)\.)/, 'unet'],
  [/^(?=(text_model|encoder\.layers)\.)/, 'text0']
]

/** What a tensor of a LoRA file is; null for one that no LoRA of ours has. */
export function parseLoraName(name: string): LoraName | null {
  const found = ending.exec(name)
  const stem = found === null ? name.replace(/\.alpha$/, '') : name.slice(0, found.index)
  if (found === null && stem === name) return null
  const bare = stem.replace(/^base_model\.model\./, '')
  const prefix = prefixes.find(([pattern]) => pattern.test(bare))
  if (prefix === undefined) return null
  const [pattern, part] = prefix
  const path = usualPath(bare.replace(pattern, ''), part).replaceAll('.', '_')
  return { part, path, piece: found === null ? 'alpha' : pieces[found[1]!]! }
}

const pieces: Readonly<Record<string, LoraPiece>> = { down: 'down', A: 'down', up: 'up', B: 'up', mid: 'mid' }

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

/** Kinds of adaptation that are not low-rank additions, by a sign in their tensors' names. */
export const otherAdaptations: readonly (readonly [RegExp, string])[] = [
  [/\.(dora_scale|lora_magnitude_vector)/, 'a DoRA (it also scales each layer by a learnt magnitude)'],
  [/\.hada_w[12]_/, 'a LoHa (LyCORIS)'],
  [/\.lokr_w[12]/, 'a LoKr (LyCORIS)'],
  [/\.(oft_blocks|oft_diag|oft_R)/, 'an OFT'],
  [/\.(a1|a2|b1|b2)\.weight$/, 'a GLoRA (LyCORIS)'],
  [/\.on_input$/, 'an IA³ (LyCORIS)'],
  [/\.(diff|diff_b|w_norm|b_norm)$/, 'a difference of whole layers (LyCORIS “full”)']
]

/** Whether a tensor's name says that its file is an adaptation of a model's layers, of whatever kind. */
export const isAdaptation = (name: string): boolean =>
  (parseLoraName(name) !== null && !name.endsWith('.alpha')) ||
  (/^(lora_|lycoris_|unet\.|text_encoder|oft_|base_model\.)/.test(name) &&
    otherAdaptations.some(([sign]) => sign.test(name)))
