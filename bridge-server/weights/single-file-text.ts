import { AppError } from '../errors.ts'
import type { Weight } from '../graph/weight.ts'
import type { Family } from '../protocol/family.ts'
import type { TextEncoderPart } from './checkpoint.ts'
import { clipRename } from './diffusers-names.ts'
import { openClipToTransformers } from './open-clip-names.ts'
import type { Sidecar, TextSidecar } from './sidecar.ts'
import { hasPrefix, renamed, shownName, under, weightSource, type TensorTable } from './tensor-table.ts'

interface Layout {
  readonly family: Family
  /** Where each encoder's tensors are, and whose names they have. */
  readonly encoders: readonly (readonly [prefix: string, names: 'transformers' | 'open_clip'])[]
}

/** The first whose prefixes are all there: a refiner has at 0 what XL has at 1. */
const layouts: readonly Layout[] = [
  {
    family: 'sdxl',
    encoders: [
      ['conditioner.embedders.0.transformer.', 'transformers'],
      ['conditioner.embedders.1.model.', 'open_clip']
    ]
  },
  { family: 'sdxl-refiner', encoders: [['conditioner.embedders.0.model.', 'open_clip']] },
  { family: 'sd2', encoders: [['cond_stage_model.model.', 'open_clip']] },
  { family: 'sd1', encoders: [['cond_stage_model.transformer.', 'transformers']] },
  { family: 'sd1', encoders: [['cond_stage_model.clip_l.transformer.', 'transformers']] }
]

interface Texts {
  readonly family: Family
  readonly parts: readonly TextEncoderPart[]
  readonly positions: number
}

/** The text encoders of a single file, whose places tell the family. */
export function textEncodersOf(table: TensorTable, sidecar: Sidecar): Texts {
  const layout = layouts.find(({ encoders }) => encoders.every(([prefix]) => hasPrefix(table, prefix)))
  if (layout === undefined)
    throw new AppError('model-incomplete', {
      message: `${shownName(table.file)} has a UNet and no text encoder.`,
      hint: 'Use the whole model, as one file or a diffusers folder.'
    })
  const { family, encoders } = layout
  const maps = encoders.map(([prefix, names]) =>
    names === 'transformers'
      ? renamed(table, (name) => (name.startsWith(prefix) ? clipRename(name.slice(prefix.length)) : null))
      : openClipToTransformers(under(table, prefix))
  )
  return {
    family,
    parts: maps.map((weights, i) =>
      encoderPart(table, weights, {
        family,
        names: encoders[i]?.[1] ?? 'transformers',
        said: sidecar.text[i] ?? {}
      })
    ),
    positions: shapeOf(table, maps[0], 'position_embedding')[0]
  }
}

function encoderPart(
  table: TensorTable,
  weights: ReadonlyMap<string, Weight>,
  { family, names, said }: { family: Family; names: 'transformers' | 'open_clip'; said: TextSidecar }
): TextEncoderPart {
  const [vocabulary, width] = shapeOf(table, weights, 'token_embedding')
  const isXl = family === 'sdxl' || family === 'sdxl-refiner'
  const endToken = vocabulary - 1
  return {
    weights: weightSource(weights),
    heads: said.heads ?? usualHeads(table, width),
    activation: said.activation ?? (names === 'open_clip' ? 'gelu' : 'quick_gelu'),
    layerNormEpsilon: 1e-5,
    startToken: vocabulary - 2,
    endToken,
    padToken: said.padToken ?? (names === 'open_clip' ? 0 : endToken),
    tokenizerFolder: null,
    clipSkip: family === 'sd1' ? 1 : 2,
    finalNorm: !isXl
  }
}

function shapeOf(
  table: TensorTable,
  weights: ReadonlyMap<string, Weight> | undefined,
  embedding: 'token_embedding' | 'position_embedding'
): readonly [number, number] {
  const [rows, width] = weights?.get(`text_model.embeddings.${embedding}.weight`)?.shape ?? []
  if (rows === undefined || width === undefined)
    throw new AppError('model-incomplete', {
      message: `${shownName(table.file)} has a text encoder without its ${embedding}.`,
      hint: 'The file is not whole; download it again.'
    })
  return [rows, width]
}

/** All CLIP text encoders of Stable Diffusion have heads of size 64. */
function usualHeads(table: TensorTable, width: number): number {
  if (width % 64 === 0) return width / 64
  throw new AppError('model-unsupported', {
    message: `${shownName(table.file)} has a text encoder of width ${width}, which is no multiple of CLIP's head size 64.`,
    hint: 'Say the number of heads in a file NAME.json beside it: {"text": [{"heads": 8}]}.'
  })
}
