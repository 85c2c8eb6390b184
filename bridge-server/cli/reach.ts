import { CodedError } from '../../plugin/client/coded-error.ts'
import { connect, type Marquee } from '../../plugin/client/marquee-client.ts'
import type { CommandLine } from '../command-line.ts'
import { invalid } from '../config-values.ts'
import { readConfig, type Config } from '../config.ts'
import { AppError } from '../errors.ts'
import { announcedServer } from '../jobs/data-folder.ts'
import { textOf, type OptionGroup, type Terminal } from './command.ts'
import { startServer } from './start-server.ts'

/** Settings of a server, which go to one that is started and are the running one's own business else. */
const serverSettings = ['models', 'device', 'precision', 'memory', 'mode', 'log'] as const

export const reachOptions: OptionGroup = {
  title: 'Which server',
  options: {
    server: {
      type: 'string',
      value: 'URL',
      about: 'the one at this address, instead of that of the data folder'
    },
    token: { type: 'string', value: 'TOKEN', about: 'its token (also MARQUEE_TOKEN)' },
    data: { type: 'string', value: 'FOLDER', about: 'the data folder, as of marquee serve' },
    models: { type: 'string', value: 'FOLDER', about: 'a further folder with models; may be given again' },
    device: { type: 'string', value: 'NAME', about: 'as of marquee serve, where no server runs' },
    precision: { type: 'string', value: 'NAME', about: 'as of marquee serve, where no server runs' },
    memory: { type: 'string', value: 'SIZE', about: 'as of marquee serve, where no server runs' },
    mode: { type: 'string', value: 'NAME', about: 'as of marquee serve, where no server runs' },
    log: { type: 'string', value: 'LEVEL', about: 'show the log of a server that is started' }
  }
}

/** How often another server may come or go while one is looked for. */
const attempts = 4
/** Seconds for which a server that was running may be away. */
const patience = 5
const clientId = 'marquee-cli'

/**
 * Gives `work` a server: the one of --server, else the one that serves the data folder, else one that is started for it and
 * stopped after. Where a running one ends in the middle `work` is called again with another: it must be harmless to repeat.
 */
export async function withMarquee<Result>(
  line: CommandLine,
  terminal: Terminal,
  work: (marquee: Marquee) => Promise<Result>
): Promise<Result> {
  const given = givenServer(line, terminal.env)
  if (given !== null) return using(await connect({ ...given, clientId }), work)
  const settings = settingsOf(line)
  const { data } = configOf(line, terminal.env)
  for (let attempt = 1; ; attempt++) {
    const found = await findServer(data)
    try {
      if (found !== null) {
        const idle = serverSettings.filter((name) => line.texts.has(name))
        if (idle.length > 0)
          terminal.note(
            `A server runs already, so ${idle.map((name) => `--${name}`).join(', ')} ${idle.length > 1 ? 'change' : 'changes'} nothing.`
          )
        return await using(found, work)
      }
      return await usingOwn(['--data', data, ...settings], terminal, work)
    } catch (error) {
      terminal.signal.throwIfAborted()
      const mayHelp = found === null ? isCode(error, 'data-folder-in-use') : isCode(error, 'not-running')
      if (!mayHelp || attempt === attempts) throw error
    }
  }
}

/** The settings under which a server of this command line would run. */
export function configOf(line: CommandLine, env: NodeJS.ProcessEnv, more: readonly string[] = []): Config {
  const data = textOf(line, 'data')
  const config = readConfig(
    [...(data === undefined ? [] : ['--data', data]), ...settingsOf(line), ...more],
    env
  )
  if ('help' in config) throw new Error('Bug: nobody asked for help')
  return config
}

function settingsOf(line: CommandLine): readonly string[] {
  return serverSettings.flatMap((name) =>
    (line.texts.get(name) ?? []).flatMap((value) => [`--${name}`, value])
  )
}

/** The server of --server; null: none was named. Throws AppError 'settings-invalid'. */
export function givenServer(
  line: CommandLine,
  env: NodeJS.ProcessEnv
): { url: string; token: string } | null {
  const url = textOf(line, 'server')
  const token = textOf(line, 'token') ?? env.MARQUEE_TOKEN
  if (url === undefined) {
    if (line.texts.has('token')) throw invalid('--token is for --server, which is missing.')
    return null
  }
  // The whole link that a server prints is welcome too.
  const [address = '', fragment = ''] = url.split('#')
  const inLink = new URLSearchParams(fragment).get('token') ?? undefined
  if (!/^https?:\/\/[^/]+\/*$/.test(address))
    throw invalid(`--server must be an address such as http://localhost:7421, but is ${address}.`)
  const known = token ?? inLink
  if (known === undefined)
    throw invalid('--server needs --token.', 'It stands behind #token= in the link that the server printed.')
  return { url: address, token: known }
}

/** The server that holds the data folder; null: none does, or what answers at its last address is another. */
export async function findServer(data: string): Promise<Marquee | null> {
  const announced = announcedServer(data)
  if (announced === null) return null
  try {
    return await connect({ url: announced.address, token: announced.token, clientId, patience })
  } catch (error) {
    if (isCode(error, 'not-running') || isCode(error, 'unauthorized')) return null
    throw error
  }
}

async function using<Result>(marquee: Marquee, work: (marquee: Marquee) => Promise<Result>): Promise<Result> {
  try {
    return await work(marquee)
  } finally {
    marquee.close()
  }
}

async function usingOwn<Result>(
  options: readonly string[],
  terminal: Terminal,
  work: (marquee: Marquee) => Promise<Result>
): Promise<Result> {
  terminal.progress.show('Starting Marquee …', null)
  const server = await startServer(options, terminal)
  try {
    return await using(await connect({ ...server, clientId, patience }), work)
  } finally {
    await server.stop()
  }
}

const isCode = (error: unknown, code: AppError['code'] | CodedError['code']): boolean =>
  (error instanceof AppError || error instanceof CodedError) && error.code === code
