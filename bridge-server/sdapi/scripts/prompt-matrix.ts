import { randomInt } from 'node:crypto'
import { shown, wrong, type Fields } from '../fields.ts'
import type { Body, Script, ScriptArgs } from './script.ts'

/** Every combination of the parts of a prompt that are divided by `|`; the first part is in all. */
export const promptMatrix: Script = {
  name: 'Prompt matrix',
  modes: ['txt2img', 'img2img'],
  args: () => [
    { label: 'Put variable parts at start of prompt', value: false },
    { label: 'Use different seed for each picture', value: false },
    { label: 'Select prompt', value: 'positive', choices: ['positive', 'negative'] },
    { label: 'Select joining char', value: 'comma', choices: ['comma', 'space'] },
    { label: 'Grid margins (px)', value: 0, minimum: 0, maximum: 500, step: 2 }
  ],
  kind: 'bodies',
  bodies
}

/** Parts make twice as many pictures each: 6 of them as many as a request may ask for. */
const mostParts = 7

function bodies(fields: Fields, args: ScriptArgs): readonly Body[] {
  const isFirst = args.flag('0', false)
  const areSeedsDifferent = args.flag('1', false)
  const field = chosen(args, '2', { positive: 'prompt', negative: 'negative_prompt' })
  const joint = chosen(args, '3', { comma: ', ', space: ' ' })
  args.number('4', 0, { min: 0, max: 500 })
  const [first = '', ...parts] = fields.text(field, '').split('|')
  if (parts.length + 1 > mostParts)
    throw wrong(field, `has ${parts.length + 1} parts for a matrix; ${mostParts} are possible.`)
  const seed = fields.integer('seed', -1, { min: -1, max: 2 ** 32 - 1 })
  const from = seed === -1 ? randomInt(2 ** 32 - 2 ** mostParts) : seed
  const subseed = fields.integer('subseed', -1, { min: -1, max: 2 ** 32 - 1 })
  return Array.from({ length: 2 ** parts.length }, (_, number) => {
    const selected = parts.filter((_part, i) => (number & (1 << i)) !== 0).map(trimmed)
    return {
      ...Object.fromEntries(fields.entries()),
      [field]: (isFirst ? [...selected, first] : [first, ...selected]).join(joint),
      seed: from + (areSeedsDifferent ? number : 0),
      subseed: subseed === -1 ? -1 : subseed + number,
      ...{ batch_size: 1, n_iter: 1, script_name: null, script_args: null }
    }
  })
}

/** Without spaces at its ends, and then without commas. */
const trimmed = (part: string): string => part.trim().replaceAll(/^,+|,+$/g, '')

function chosen<Word extends string>(
  args: ScriptArgs,
  place: string,
  choices: Readonly<Record<string, Word>>
): Word {
  const [usual = ''] = Object.keys(choices)
  const given = args.text(place, usual)
  const found = Object.hasOwn(choices, given) ? choices[given] : undefined
  if (found !== undefined) return found
  throw wrong(`script_args.${place}`, `must be ${Object.keys(choices).join(' or ')}, but is ${shown(given)}.`)
}
