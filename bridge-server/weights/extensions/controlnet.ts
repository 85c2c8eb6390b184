import { AppError } from '../../errors.ts'
import type { Weight } from '../../graph/weight.ts'
import { unetRename } from '../diffusers-names.ts'
import { renamed, shownName, weightSource, type TensorTable } from '../tensor-table.ts'
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

/** What is a ControlNet and no plain one. */
const others: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)lora_controlnet$|\.(up|down)$/, 'a control-LoRA'],
  [/(^|\.)(task_embedding|control_add_embedding|spatial_ch_projs|transformer_layes)\b/, 'a union ControlNet'],
  [/^difference$|(^|\.)difference\./, 'the difference of a ControlNet from its base model']
]

/**
 * A ControlNet in LDM's names (`control_model.*`, or bare) or diffusers', as LDM's. `globalPool` is what its config says.
 * Throws AppError 'model-unsupported'.
 */
export function readControlNet(table: TensorTable, globalPool: boolean): ControlNet {
  const names = namesOf(table)
  const other = others.find(([sign]) => names.some((name) => sign.test(name)))
  if (other !== undefined)
    throw new AppError('model-unsupported', {
      message: `${shownName(table.file)} is ${other[1]}, which Marquee cannot run.`,
      hint: 'Take the plain ControlNet for the same kind of map.'
    })
  const weights = names.some((name) => isDiffusers.test(name)) ? fromDiffusers(table, names) : fromLdm(table)
  return { weights: weightSource(weights), globalPool }
}

const modules =
  /^(time_embed|label_emb|input_blocks|middle_block|input_hint_block|zero_convs|middle_block_out)\./

function fromLdm(table: TensorTable): ReadonlyMap<string, Weight> {
  const isPrefixed = namesOf(table).some((name) => prefix.test(name))
  return renamed(table, (name) => {
    if (isPrefixed && !prefix.test(name)) return null
    const inner = name.replace(prefix, '')
    return modules.test(inner) ? inner : null
  })
}

function fromDiffusers(table: TensorTable, names: readonly string[]): ReadonlyMap<string, Weight> {
  const unet = unetRename(names)
  const hints = new Set(
    names.flatMap((name) => /^controlnet_cond_embedding\.blocks\.(\d+)\./.exec(name)?.[1] ?? [])
  ).size
  return renamed(table, (name) => {
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
