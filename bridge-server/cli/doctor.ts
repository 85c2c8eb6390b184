import type { Answer, Command, Terminal } from './command.ts'
import type { CommandLine } from '../command-line.ts'
import { checkUp } from './check-up.ts'
import type { Finding } from './finding.ts'
import { configOf, givenServer, reachOptions } from './reach.ts'

const marks = { ok: 'ok', warning: 'warning', problem: 'PROBLEM' } as const

export const doctor: Command = {
  usage: '[options]',
  about:
    'Looks at what Marquee needs: versions, settings, packages, the data folder and its disk, the server or its port, memory, devices (with a small network run on each), models and their folders, the catalogue, the page. Tells no secrets, so that it can be shown to who helps. Ends with 1 where there is a problem.',
  examples: ['marquee doctor', 'marquee doctor --device webgpu --json'],
  options: [
    reachOptions,
    { title: 'And', options: { port: { type: 'string', value: 'N', about: 'the port to look at (7421)' } } }
  ],
  run: async (line: CommandLine, terminal: Terminal): Promise<Answer> => {
    const port = line.texts.get('port')?.at(-1)
    const config = configOf(line, terminal.env, port === undefined ? [] : ['--port', port])
    const findings: Finding[] = []
    const server = givenServer(line, terminal.env)
    for await (const finding of checkUp({ config, terminal, server, given: line.texts })) {
      findings.push(finding)
      terminal.progress.show(`${finding.name}: ${finding.message}`, null)
    }
    return {
      text: findings.map(lineOf).join('\n'),
      value: { findings },
      isBad: findings.some(({ state }) => state === 'problem')
    }
  }
}

const lineOf = ({ name, state, message, remedy }: Finding): string =>
  [
    `${marks[state].padEnd(9)}${name.padEnd(12)}${message}`,
    ...(remedy === null ? [] : [`${' '.repeat(21)}→ ${remedy}`])
  ].join('\n')
