import { AppError } from '../../errors.ts'
import type { Weight } from '../../graph/weight.ts'
import type { ControlKind } from '../../protocol/request.ts'
import { controlKinds } from '../../protocol/control-kinds.ts'
import { unetRename } from '../diffusers-names.ts'
import { renamed, shownName, unreadable, weightSource, type TensorTable } from '../tensor-table.ts'
import type { ControlNet } from './extension.ts'

const prefix = /^(control_model|controlnet)\./
const isDiffusers = /^(controlnet_cond_embedding|controlnet_down_blocks|controlnet_mid_block)\./
const own = /^((control_model|controlnet)\.)?(input_hint_block|zero_convs|middle_block_out)\./

const namesOf = ({ weights, unusable }: TensorTable): readonly string[] => [
  ...weights.keys(),
  ...unusable.keys()
]

export const isControlNet = (table: TensorTable): boolean =>
  namesOf(table).some((name) => own.test(name) || isDiffusers.test(name))

const taskEmbedding = /^((control_model|controlnet)\.)?task_embedding$/

/** What the maps may show that a union knows, in its own order; empty for one that knows a single kind. */
export function unionKinds({ weights }: TensorTable): readonly ControlKind[] {
  const name = [...weights.keys()].find((each) => taskEmbedding.test(each))
  return controlKinds.slice(0, name === undefined ? 0 : (weights.get(name)?.shape[0] ?? 0))
}

const isDifference = /^difference$|(^|\.)difference\./
const isLowRank = /\.(up|down)$/

/**
 * A ControlNet in LDM's names (`control_model.*`, or bare) or diffusers', as LDM's: with its own weights, with those of its model
 * and what is added to them (Stability's control-LoRA), or of several kinds (xinsir's ControlNet++ union). `globalPool` is what its
 * config says.
 * Throws AppError 'model-unsupported'.
 */
export function readControlNet(table: TensorTable, globalPool: boolean): ControlNet {
  const names = namesOf(table)
  if (names.some((name) => isDifference.test(name)))
    throw new AppError('model-unsupported', {
      message: `${shownName(table.file)} is the difference of a ControlNet from its base model, which Marquee cannot run.`,
      hint: 'Take the plain ControlNet for the same kind of map.'
    })
  const weights = names.some((name) => isDiffusers.test(name)) ? fromDiffusers(table, names) : fromLdm(table)
  const own = [...weights].filter(([name]) => !isLowRank.test(name))
  return {
    weights: weightSource(new Map(own)),
    globalPool,
    kinds: weights.get('task_embedding')?.shape[0] ?? 0,
    lowRank: own.length === weights.size ? null : lowRankOf(table, weights)
  }
}

/** Pairs of `path.down` and `path.up`. */
function lowRankOf(
  table: TensorTable,
  weights: ReadonlyMap<string, Weight>
): NonNullable<ControlNet['lowRank']> {
  const pairs = new Map<string, { readonly down: Weight; readonly up: Weight }>()
  for (const name of weights.keys()) {
    const path = name.replace(isLowRank, '')
    const [down, up] = [weights.get(`${path}.down`), weights.get(`${path}.up`)]
    if (path === name) continue
    if (down === undefined || up === undefined)
      throw unreadable(table.file, `its layer ${path} has no ${down === undefined ? 'down' : 'up'} part`)
    pairs.set(path, { down, up })
  }
  return pairs
}

const modules =
  /^(time_embed|label_emb|input_blocks|middle_block|input_hint_block|zero_convs|middle_block_out)\./
const unionModules = /^(task_embedding$|(transformer_layes|spatial_ch_projs|control_add_embedding)\.)/

/** torch's MultiheadAttention calls the weight of three layers in its own way. */
const unionName = (name: string): string => name.replace(/\.in_proj_(weight|bias)$/, '.in_proj.$1')

function fromLdm(table: TensorTable): ReadonlyMap<string, Weight> {
  const isPrefixed = namesOf(table).some((name) => prefix.test(name))
  return renamed(table, (name) => {
    if (isPrefixed && !prefix.test(name)) return null
    const inner = name.replace(prefix, '')
    if (unionModules.test(inner)) return unionName(inner)
    return modules.test(inner) ? inner : null
  })
}

function fromDiffusers(table: TensorTable, names: readonly string[]): ReadonlyMap<string, Weight> {
  const unet = unetRename(names)
  const hints = new Set(
    names.flatMap((name) => /^controlnet_cond_embedding\.blocks\.(\d+)\./.exec(name)?.[1] ?? [])
  ).size
  return renamed(table, (name) => {
    if (unionModules.test(name)) return unionName(name)
    const [top = '', at = '', ...rest] = name.split('.')
    const end = rest.at(-1) ?? at
    if (top === 'controlnet_down_blocks') return `zero_convs.${at}.0.${end}`
    if (top === 'controlnet_mid_block') return `middle_block_out.0.${end}`
    if (top !== 'controlnet_cond_embedding') return unet(name)
    if (at === 'conv_in') return `input_hint_block.0.${end}`
    // Between any two convolutions stands an activation.
    return `input_hint_block.${at === 'conv_out' ? 2 * hints + 2 : 2 + 2 * Number(rest[0])}.${end}`
  })
}
