import { invalid } from '../config-values.ts'
import { textOf, type Answer, type Command, type Terminal } from './command.ts'
import type { CommandLine } from '../command-line.ts'
import { addModel } from './models-add.ts'
import { infoOfModel, listModels } from './models-list.ts'
import { removeModel } from './models-local.ts'
import { verifyModels } from './models-verify.ts'
import { reachOptions } from './reach.ts'
import { nearest } from '../nearest.ts'

type Verb = (line: CommandLine, terminal: Terminal, names: readonly string[]) => Promise<Answer>

const verbs: Readonly<Record<string, Verb>> = {
  list: listModels,
  info: infoOfModel,
  add: addModel,
  verify: verifyModels,
  remove: removeModel
}

export const models: Command = {
  usage: 'list | info NAME | add NAME|FILE | verify [NAME] | remove NAME',
  about:
    'The models of this computer, or of the server of --server. add downloads an entry of the catalogue (list --available shows it) or copies a file in; verify reads every byte again.',
  examples: [
    'marquee models list',
    'marquee models list --available',
    'marquee models add ~/Downloads/dreamshaper_8.safetensors',
    'marquee models verify pocket'
  ],
  options: [
    {
      title: 'Which',
      options: {
        available: { type: 'boolean', about: 'list: what can be downloaded' },
        sha256: { type: 'string', value: 'HEX', about: 'verify: what the file’s hash must be' },
        unverified: { type: 'boolean', about: 'add: also where the catalogue knows no hash to check by' },
        yes: { type: 'boolean', short: 'y', about: 'remove: do not ask' }
      }
    },
    reachOptions
  ],
  run: async (line, terminal) => {
    const [verb = 'list', ...names] = line.positionals
    const known = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
    if (known === undefined) {
      const like = nearest(verb, Object.keys(verbs))
      throw invalid(
        `models has no ${verb}.`,
        like.length > 0 ? `Did you mean ${like.join(' or ')}?` : `It has ${Object.keys(verbs).join(', ')}.`
      )
    }
    const surplus = names[verb === 'list' ? 0 : 1]
    if (surplus !== undefined) throw invalid(`“${surplus}” is one argument too many.`)
    if (textOf(line, 'sha256') !== undefined && verb !== 'verify')
      throw invalid('--sha256 is for models verify.')
    return known(line, terminal, names)
  }
}
