import { createInterface } from 'node:readline/promises'
import { text as allText } from 'node:stream/consumers'
import { CodedError } from '../plugin/client/coded-error.ts'
import type { Answer, Command, Terminal } from './cli/command.ts'
import { commands } from './cli/commands.ts'
import { commandHelp, everywhere } from './cli/help.ts'
import { createProgress } from './cli/progress.ts'
import { reasonOf } from './cli/read-pictures.ts'
import { readCommandLine } from './command-line.ts'
import { invalid } from './config-values.ts'
import { ownVersion } from './config.ts'
import { AppError } from './errors.ts'
import { nearest } from './nearest.ts'

// The command line: finds the command, runs it, prints its answer, and ends with its exit code.

const exitCodes = { done: 0, failed: 1, 'wrong use': 2, cancelled: 130 } as const

const cancelling = new AbortController()
const progress = createProgress(
  process.stderr.isTTY && process.env.TERM !== 'dumb'
    ? { write: (text) => process.stderr.write(text), columns: () => process.stderr.columns }
    : null
)
// Whoever writes hears of it; nobody need hear that a reader, as `head`, has read enough.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const terminal: Terminal = {
  env: process.env,
  signal: cancelling.signal,
  progress,
  readInput: () => allText(process.stdin),
  write: (bytes) =>
    written(process.stdout, bytes).catch((error: unknown) => {
      throw unwritable(error)
    }),
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
  if (line.flags.has('help')) return print(commandHelp(name, command, process.stdout.columns))
  return answer(await command.run(line, terminal))
}

const commandNamed = (given: string): Promise<Command> => {
  const entry = Object.hasOwn(commands, given) ? commands[given] : undefined
  if (entry !== undefined) return entry.load()
  if (given.startsWith('-'))
    throw invalid(`${given} stands where a command should.`, `Write it as marquee COMMAND ${given}.`)
  const like = nearest(given, ['serve', ...Object.keys(commands)])
  throw invalid(
    `There is no command ${given}.`,
    like.length > 0 ? `Did you mean ${like.join(' or ')}?` : 'See marquee --help for what there is.'
  )
}

async function helpFor(given: string | undefined): Promise<string> {
  if (given !== undefined && !given.startsWith('-') && given !== 'serve')
    return commandHelp(given, await commandNamed(given), process.stdout.columns)
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

async function print(text: string): Promise<number> {
  await written(process.stdout, `${text}\n`).catch((error: unknown) => {
    if (!isReadEnough(error)) throw unwritable(error)
  })
  return exitCodes.done
}

async function answer({ text, value, isBad = false }: Answer): Promise<number> {
  progress.clear()
  if (isJson) await print(JSON.stringify(value, null, 2))
  else if (text !== '') await print(text)
  return isBad ? exitCodes.failed : exitCodes.done
}

async function failure(error: unknown): Promise<number> {
  progress.clear()
  const isCancelled = cancelling.signal.aborted
  const reply = isCancelled ? { code: 'cancelled', message: 'Cancelled.', hint: undefined } : told(error)
  const { code, message, hint } = reply
  // What cannot be written cannot be told there either.
  if (isJson) await print(JSON.stringify({ error: { code, message, hint } }, null, 2)).catch(() => undefined)
  else process.stderr.write(`${[message, hint].filter((part) => part !== undefined).join('\n')}\n`)
  if (isCancelled) return exitCodes.cancelled
  return code === 'settings-invalid' ? exitCodes['wrong use'] : exitCodes.failed
}

function told(error: unknown): { code: string; message: string; hint?: string | undefined } {
  if (error instanceof AppError || error instanceof CodedError) return error
  return { code: 'internal', message: error instanceof Error ? String(error.stack) : String(error) }
}

const isReadEnough = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EPIPE'

const unwritable = (error: unknown): AppError | CodedError =>
  isReadEnough(error)
    ? new CodedError('cancelled', 'Nobody reads standard output any more.')
    : new AppError('disk-full', { message: `Standard output cannot be written: ${reasonOf(error)}.` })

/** Resolves when it is on its way out of this process. */
const written = (stream: NodeJS.WriteStream, bytes: Uint8Array | string): Promise<void> =>
  new Promise((resolve, reject) => stream.write(bytes, (error) => (error ? reject(error) : resolve())))

process.exit(await main().catch(failure))
