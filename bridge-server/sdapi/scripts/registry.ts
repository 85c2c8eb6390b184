import type { Choice } from '../../protocol/catalogue.ts'
import { fieldsOf, shown, wrong, type Fields } from '../fields.ts'
import { promptMatrix } from './prompt-matrix.ts'
import { promptsFromFile } from './prompts-from-file.ts'
import type { GenerateMode, Script, ScriptArgs } from './script.ts'
import { sdUpscale } from './sd-upscale.ts'

/** Scripts of the web UI that `script_name` may name. */
export const scripts: readonly Script[] = [promptMatrix, promptsFromFile, sdUpscale]

/** The script of a request with its arguments; null where it has none. Throws AppError that names the field. */
export function chosenScript(
  fields: Fields,
  mode: GenerateMode,
  upscalers: readonly Choice[]
): { readonly script: Script; readonly args: ScriptArgs } | null {
  const name = fields.text('script_name', '')
  if (name === '' || name.toLowerCase() === 'none') return null
  const known = scripts.filter(({ modes }) => modes.includes(mode))
  const script = known.find((each) => each.name.toLowerCase() === name.toLowerCase())
  if (script === undefined)
    throw wrong(
      'script_name',
      `names no script of ${mode} there is: ${shown(name)}. There are ${known.map((each) => each.name).join(', ')}.`,
      'ControlNet goes into alwayson_scripts; a larger picture comes of enable_hr or extra-single-image too.'
    )
  const { length } = script.args(upscalers)
  const given = fields.given('script_args') ?? []
  if (!Array.isArray(given) || given.length > length)
    throw wrong('script_args', `must be a list of ${length} values at most, but is ${shown(given)}.`)
  return { script, args: fieldsOf(Object.fromEntries(given.entries()), 'script_args.') }
}
