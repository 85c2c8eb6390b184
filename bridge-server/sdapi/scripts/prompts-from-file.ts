import { randomInt } from 'node:crypto'
import { isObject, shown, wrong, type Fields } from '../fields.ts'
import { wordsOf } from './shell-words.ts'
import type { Body, Script, ScriptArgs } from './script.ts'

/** Pictures for each line of a text, which is a prompt or names fields: `--prompt "a red car" --steps 20`. */
export const promptsFromFile: Script = {
  name: 'Prompts from file or textbox',
  modes: ['txt2img', 'img2img'],
  args: () => [
    { label: 'Iterate seed every line', value: false },
    { label: 'Use same random seed for all lines', value: false },
    { label: 'Insert prompts at the', value: 'start', choices: ['start', 'end'] },
    { label: 'List of prompt inputs', value: '' }
  ],
  kind: 'bodies',
  bodies
}

/** Lines of a text: each makes one picture at least. */
const mostLines = 64
const seeds = { min: -1, max: 2 ** 32 - 1 }
const counts = { min: 1, max: mostLines }

function bodies(fields: Fields, args: ScriptArgs): readonly Body[] {
  const isIterated = args.flag('0', false)
  const isShared = args.flag('1', false)
  const place = args.text('2', 'start')
  if (place !== 'start' && place !== 'end')
    throw wrong('script_args.2', `must be start or end, but is ${shown(place)}.`)
  const lines = args
    .text('3', '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (lines.length === 0 || lines.length > mostLines)
    throw wrong('script_args.3', `must hold 1 to ${mostLines} lines, but holds ${lines.length}.`)
  const given = fields.integer('seed', -1, seeds)
  const isFixed = isIterated || isShared
  const seed = given === -1 && isFixed ? randomInt(2 ** 32 - mostLines ** 2) : given
  const perLine = fields.integer('batch_size', 1, counts) * fields.integer('n_iter', 1, counts)
  const own = Object.fromEntries(fields.entries())
  return lines.map((line, number) => {
    const { sd_model: model, ...said } = fieldsIn(line)
    const joined = (name: 'prompt' | 'negative_prompt'): Body => {
      const [base, words] = [fields.text(name, ''), said[name]]
      if (words === undefined || words === '' || base === '') return {}
      return { [name]: place === 'start' ? `${words} ${base}` : `${base} ${words}` }
    }
    return {
      ...{ ...own, seed: isIterated ? seed + number * perLine : seed, script_name: null, script_args: null },
      ...{ ...said, ...joined('prompt'), ...joined('negative_prompt') },
      ...(model === undefined ? {} : { override_settings: withModel(own.override_settings, model) })
    }
  })
}

const withModel = (options: unknown, sd_model_checkpoint: string): Body => ({
  ...(isObject(options) ? options : {}),
  sd_model_checkpoint
})

/** What a line may name. Numbers stay texts here: whoever reads the field says what is wrong with one. */
const names: ReadonlySet<string> = new Set([
  ...['sd_model', 'prompt', 'negative_prompt', 'seed', 'subseed', 'subseed_strength'],
  ...['seed_resize_from_h', 'seed_resize_from_w', 'sampler_name', 'batch_size', 'n_iter', 'steps'],
  ...['cfg_scale', 'width', 'height', 'restore_faces', 'tiling', 'do_not_save_samples', 'do_not_save_grid'],
  ...['outpath_samples', 'outpath_grids', 'prompt_for_display']
])

/** A line that cannot be read so is a prompt as it stands. */
function fieldsIn(line: string): Readonly<Record<string, string>> {
  const words = line.includes('--') ? wordsOf(line) : null
  if (words === null) return { prompt: line }
  const found: Record<string, string> = {}
  let rest = words
  while (rest.length > 0) {
    const [flag = '', ...values] = rest
    const name = flag.slice(2)
    if (!flag.startsWith('--') || !names.has(name) || values.length === 0) return { prompt: line }
    // Prompts need no quotes.
    const count = name === 'prompt' || name === 'negative_prompt' ? wordsBefore(values) : 1
    found[name] = values.slice(0, count).join(' ')
    rest = values.slice(count)
  }
  return found
}

/** Words up to the next name, one at least. */
function wordsBefore(values: readonly string[]): number {
  const next = values.findIndex((value, i) => i > 0 && value.startsWith('--'))
  return next < 0 ? values.length : next
}
