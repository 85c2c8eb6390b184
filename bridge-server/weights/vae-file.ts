import { existsSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../errors.ts'
import type { Weight } from '../graph/weight.ts'
import type { VaePart } from './checkpoint.ts'
import { vaeRename } from './diffusers-names.ts'
import { stemOf } from './model-info.ts'
import type { OpenOptions } from './open-options.ts'
import { readTensorFile } from './tensor-file.ts'
import { hasPrefix, renamed, shownName, weightSource, type TensorTable } from './tensor-table.ts'

const prefix = 'first_stage_model.'

/**
 * The autoencoder of a single file: the one the person chose, else NAME.vae.safetensors (or .vae.pt, .vae.ckpt) beside
 * the file, else the file's own.
 */
export async function readVae(
  table: TensorTable,
  { options, latentScale }: { options: OpenOptions; latentScale: number }
): Promise<VaePart> {
  const other = options.vae ?? vaeBeside(table.file)
  if (other !== undefined) return readVaeFile(other, { options, latentScale })
  return vaeOf(table, latentScale)
}

/** A file with an autoencoder, by itself or inside a model, under LDM's or diffusers' names. */
export const readVaeFile = async (
  file: string,
  { options, latentScale }: { options: OpenOptions; latentScale: number }
): Promise<VaePart> => vaeOf(await readTensorFile(path.resolve(file), options), latentScale)

function vaeOf(source: TensorTable, latentScale: number): VaePart {
  const weights = vaeWeights(source)
  if (!weights.has('decoder.conv_in.weight') || !weights.has('encoder.conv_in.weight'))
    throw new AppError('model-incomplete', {
      message: `${shownName(source.file)} has no autoencoder (VAE).`,
      hint: `Put one beside the model as ${stemOf(source.file)}.vae.safetensors.`
    })
  const latents = weights.get('decoder.conv_in.weight')?.shape[1]
  if (latents !== 4)
    throw new AppError('model-unsupported', {
      message: `${shownName(source.file)} has an autoencoder with ${latents ?? 0} latent channels; Stable Diffusion 1, 2 and XL have 4.`
    })
  return { weights: weightSource(asConvolutions(weights)), normGroups: 32, latentScale }
}

function vaeBeside(file: string): string | undefined {
  const stem = path.join(path.dirname(file), stemOf(file))
  return ['.vae.safetensors', '.vae.pt', '.vae.ckpt']
    .map((end) => stem + end)
    .find((name) => existsSync(name))
}

function vaeWeights(table: TensorTable): Map<string, Weight> {
  const start = hasPrefix(table, prefix) ? prefix : ''
  const inner = [...table.weights.keys()]
    .filter((name) => name.startsWith(start))
    .map((name) => name.slice(start.length))
  const isDiffusers = inner.some((name) => name.startsWith('decoder.up_blocks.'))
  const rename = isDiffusers ? vaeRename(inner) : ldmName
  return renamed(table, (name) => (name.startsWith(start) ? rename(name.slice(start.length)) : null))
}

/** The networks themselves, without the loss and discriminator they were trained with. */
const ldmName = (name: string): string | null =>
  /^(encoder|decoder|quant_conv|post_quant_conv)\./.test(name) ? name : null

/** LDM keeps the attention's projections as 1×1 convolutions: the same bytes with two more dimensions. */
export const asConvolutions = (weights: ReadonlyMap<string, Weight>): Map<string, Weight> =>
  new Map(
    [...weights].map(([name, weight]) =>
      weight.shape.length === 2 ? [name, { ...weight, shape: [...weight.shape, 1, 1] }] : [name, weight]
    )
  )
