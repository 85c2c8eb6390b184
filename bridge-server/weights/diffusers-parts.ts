import path from 'node:path'
import { AppError } from '../errors.ts'
import type { TextEncoderPart, UnetPart, VaePart } from './checkpoint.ts'
import { requireConfig, type Config } from './config-file.ts'
import { clipRename, unetRename, vaeRename } from './diffusers-names.ts'
import { readPart } from './part-files.ts'
import { specialTokens, tokenizerIn } from './special-tokens.ts'
import type { TensorFileOptions } from './open-options.ts'
import { renamed, shownName, unreadable, weightSource, type TensorTable } from './tensor-table.ts'
import { asConvolutions } from './vae-file.ts'

/** The UNet of a diffusers folder under LDM's names. */
export function unetPart(table: TensorTable, config: Config): UnetPart {
  for (const [key, allowed] of [
    ['class_embed_type', []],
    ['encoder_hid_dim_type', []],
    ['addition_embed_type', ['text_time']],
    ['time_embedding_type', ['positional']]
  ] as const) {
    const value = config.text(key)
    if (value !== undefined && !allowed.some((x) => x === value))
      throw new AppError('model-unsupported', {
        message: `${shownName(config.file)} says ${key} “${value}”, which is not in Stable Diffusion 1, 2 and XL.`
      })
  }
  const weights = renamed(table, unetRename([...table.weights.keys(), ...table.unusable.keys()]))
  const inputChannels = weights.get('input_blocks.0.0.weight')?.shape[1]
  if (inputChannels === undefined) throw unreadable(table.file, 'it has no “conv_in.weight”')
  return {
    weights: weightSource(weights),
    heads: headsOf(config),
    normGroups: config.number('norm_num_groups') ?? 32,
    inputChannels
  }
}

/** diffusers calls the number of heads `attention_head_dim`; a list of them, one a level, says a fixed size. */
function headsOf(config: Config): UnetPart['heads'] {
  const counts = config.numbers('num_attention_heads') ?? config.numbers('attention_head_dim') ?? 8
  if (typeof counts === 'number') return { count: counts }
  const channels = config.numbers('block_out_channels')
  const sizes = typeof channels === 'object' ? counts.map((count, i) => (channels[i] ?? 0) / count) : []
  const [count, size] = [counts[0], sizes[0]]
  if (size !== undefined && sizes.every((x) => x === size)) return { size }
  if (count !== undefined && counts.every((x) => x === count)) return { count }
  throw new AppError('model-unsupported', {
    message: `${shownName(config.file)} has ${counts.join(', ')} attention heads on its levels, neither one number nor one size of head.`
  })
}

/** The autoencoder of a diffusers folder under LDM's names. */
export async function vaePart(folder: string, table: TensorTable): Promise<VaePart> {
  const config = await requireConfig(path.join(folder, 'config.json'))
  const channels = config.number('latent_channels') ?? 4
  if (channels !== 4)
    throw new AppError('model-unsupported', {
      message: `${shownName(folder)} has ${channels} latent channels; Stable Diffusion 1, 2 and XL have 4.`
    })
  if (config.raw('latents_mean') !== undefined)
    throw new AppError('model-unsupported', {
      message: `${shownName(folder)} shifts its latents by latents_mean, which Stable Diffusion 1, 2 and XL do not.`
    })
  const weights = renamed(table, vaeRename([...table.weights.keys(), ...table.unusable.keys()]))
  return {
    weights: weightSource(asConvolutions(weights)),
    normGroups: config.number('norm_num_groups') ?? 32,
    latentScale: config.number('scaling_factor') ?? 0.18215
  }
}

export interface TextPart {
  readonly part: TextEncoderPart
  readonly table: TensorTable
  readonly positions: number
}

/** A text encoder of a diffusers folder. */
export async function textPart(
  where: { folder: string; part: string; tokenizer: string; isXl: boolean },
  options: TensorFileOptions
): Promise<TextPart> {
  const folder = path.join(where.folder, where.part)
  const config = await requireConfig(path.join(folder, 'config.json'))
  const table = await readPart(folder, options)
  const weights = renamed(table, clipRename)
  const positions = weights.get('text_model.embeddings.position_embedding.weight')?.shape[0]
  const heads = config.number('num_attention_heads')
  if (positions === undefined) throw unreadable(table.file, 'it has no “position_embedding.weight”')
  if (heads === undefined) throw unreadable(config.file, 'it has no “num_attention_heads”')
  const tokenizerFolder = tokenizerIn(path.join(where.folder, where.tokenizer))
  const part: TextEncoderPart = {
    weights: weightSource(weights),
    heads,
    activation: activationOf(config),
    layerNormEpsilon: config.number('layer_norm_eps') ?? 1e-5,
    ...(await specialTokens(config, tokenizerFolder)),
    tokenizerFolder,
    // diffusers' SD 2 encoder was cut behind the layer that is used, so its last layer is the right one.
    clipSkip: where.isXl ? 2 : 1,
    finalNorm: !where.isXl
  }
  return { part, table, positions }
}

function activationOf(config: Config): TextEncoderPart['activation'] {
  const name = config.text('hidden_act') ?? 'quick_gelu'
  if (name === 'quick_gelu' || name === 'gelu') return name
  throw new AppError('model-unsupported', {
    message: `${shownName(config.file)} says hidden_act “${name}”; CLIP text encoders use quick_gelu or gelu.`
  })
}
