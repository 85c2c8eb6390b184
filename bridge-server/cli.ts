import { createInterface } from 'node:readline/promises'
import { text as allText } from 'node:stream/consumers'
import { CodedError } from '../plugin/client/coded-error.ts'
import type { Answer, Command, Terminal } from './cli/command.ts'
import { commands } from './cli/commands.ts'
import { commandHelp, everywhere } from './cli/help.ts'
import { createProgress } from './cli/progress.ts'
import { readCommandLine } from './command-line.ts'
import { invalid } from './config-values.ts'
import { ownVersion } from './config.ts'
import { AppError } from './errors.ts'
import { nearest } from './nearest.ts'

// The command line: finds the command, runs it, prints its answer, and ends with its exit code.

const exitCodes = { done: 0, failed: 1, 'wrong use': 2, cancelled: 130 } as const

const cancelling = new AbortController()
const progress = createProgress(
  process.stderr.isTTY
    ? { write: (text) => process.stderr.write(text), columns: process.stderr.columns }
    : null
)

const terminal: Terminal = {
  env: process.env,
  signal: cancelling.signal,
  progress,
  readInput: () => allText(process.stdin),
  write: (bytes) => written(process.stdout, bytes),
  note: (text) => {
    progress.clear()
    process.stderr.write(`${text}\n`)
  },
  ask: async (question) => {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return null
    const lines = createInterface({ input: process.stdin, output: process.stderr })
    return lines.question(question, { signal: cancelling.signal }).finally(() => lines.close())
  }
}

process.on('SIGINT', () => {
  if (cancelling.signal.aborted) process.exit(exitCodes.cancelled)
  progress.show('Cancelling …', null)
  cancelling.abort()
})
process.on('SIGTERM', () => cancelling.abort())

const [name = '--help', ...rest] = process.argv.slice(2)
const isJson = rest.includes('--json')

/** What to print, and how it ended. */
async function main(): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') return print(await helpFor(rest[0]))
  if (name === '--version') return print(ownVersion())
  const command = await commandNamed(name)
  const options = [everywhere, ...command.options].flatMap((group) => Object.entries(group.options))
  const line = readCommandLine(rest, Object.fromEntries(options))
  if (line.flags.has('help')) return print(commandHelp(name, command))
  return answer(await command.run(line, terminal))
}

const commandNamed = (given: string): Promise<Command> => {
  const entry = Object.hasOwn(commands, given) ? commands[given] : undefined
  if (entry !== undefined) return entry.load()
  const like = nearest(given, ['serve', ...Object.keys(commands)])
  throw invalid(
    `There is no command ${given}.`,
    like.length > 0 ? `Did you mean ${like.join(' or ')}?` : 'See marquee --help for what there is.'
  )
}

async function helpFor(given: string | undefined): Promise<string> {
  if (given !== undefined && !given.startsWith('-') && given !== 'serve')
    return commandHelp(given, await commandNamed(given))
  const list = Object.entries(commands).map(([each, { about }]) => `  ${each.padEnd(12)}${about}`)
  return [
    'Usage: marquee COMMAND [options]',
    '',
    `  ${'serve'.padEnd(12)}start the server, with the options of npm start`,
    ...list,
    '',
    'marquee COMMAND --help tells more. Pictures are made by the server that runs on this computer, or by one that is started',
    'for it. Exit codes: 0 done, 1 failed, 2 wrong use, 130 cancelled.'
  ].join('\n')
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return exitCodes.done
}

function answer({ text, value, isBad = false }: Answer): number {
  progress.clear()
  if (isJson) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
  else if (text !== '') process.stdout.write(`${text}\n`)
  return isBad ? exitCodes.failed : exitCodes.done
}

function failure(error: unknown): number {
  progress.clear()
  if (cancelling.signal.aborted) {
    process.stderr.write('Cancelled.\n')
    return exitCodes.cancelled
  }
  const known = error instanceof AppError || error instanceof CodedError
  const { code, message, hint } = known
    ? error
    : {
        code: 'internal',
        message: error instanceof Error ? String(error.stack) : String(error),
        hint: undefined
      }
  if (isJson) process.stdout.write(`${JSON.stringify({ error: { code, message, hint } }, null, 2)}\n`)
  else process.stderr.write(`${[message, hint].filter((part) => part !== undefined).join('\n')}\n`)
  return code === 'settings-invalid' ? exitCodes['wrong use'] : exitCodes.failed
}

const written = (stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => stream.write(bytes, (error) => (error ? reject(error) : resolve())))

const code = await main().catch(failure)
// Output may still be on its way into a pipe.
await written(process.stdout, new Uint8Array())
process.exit(code)
