import { readFileSync } from 'node:fs'
import { homedir, totalmem } from 'node:os'
import path from 'node:path'
import { readCommandLine } from './command-line.ts'
import { downloadSettings, type DownloadSettings } from './download-settings.ts'
import { choiceOf, invalid, limitOf, portOf, sizeOf } from './config-values.ts'
import type { RetentionLimits } from './jobs/retention.ts'
import type { Access } from './server/access.ts'
import type { SdapiAccess } from './server/sdapi.ts'
import type { DeviceChoice, PrecisionChoice } from './runtime/device.ts'
import type { Mode } from './runtime/session-options.ts'

const projectFolder = path.resolve(import.meta.dirname, '..')
const devices: readonly DeviceChoice[] = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml']
const precisions: readonly PrecisionChoice[] = ['auto', 'fp32', 'fp16']
const modes: readonly (Mode | 'auto')[] = ['auto', 'instant', 'medium', 'turbo']
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** Every setting of the server. */
export interface Config {
  readonly port: number
  /** Folders with checkpoints, those of the command line first. */
  readonly models: readonly string[]
  readonly data: string
  readonly device: DeviceChoice
  /** `auto`: half precision on devices that compute rightly in it. */
  readonly precision: PrecisionChoice
  /** Bytes that open models may take together. */
  readonly memoryBytes: number
  /** How models are prepared for running; `auto` is by their size and the memory there is. */
  readonly mode: Mode | 'auto'
  /** What is kept of finished jobs. */
  readonly retention: RetentionLimits
  readonly access: Access
  /** Who may use the A1111 API. */
  readonly sdapi: SdapiAccess
  readonly downloads: DownloadSettings
  /** Whether the page is opened in the browser. */
  readonly open: boolean
  /** Whether the first model is prepared before anybody asks for it. */
  readonly warm: boolean
  readonly log: string
  /** Of Marquee itself. */
  readonly version: string
  /** The built browser page. */
  readonly pageFolder: string
  /** What processes that the server starts are given. */
  readonly env: Readonly<Record<string, string | undefined>>
}

const help = `Usage: npm start [-- options]

Starts the bridge server and opens Marquee in the browser.

  --port NUMBER     port on this computer, 0 for a free one (7421)
  --models FOLDER   a further folder with checkpoints; may be given again
  --data FOLDER     where jobs, results and settings are kept (the platform's usual place)
  --device NAME     ${devices.join(', ')} (auto)
  --precision NAME  ${precisions.join(', ')}: half precision where the device is right and fast in it (auto)
  --memory SIZE     memory that open models may take, as 8GB or 900MB (60 % of what there is)
  --mode NAME       ${modes.join(', ')}: how models are prepared, from ready at once
                    to fastest to run (auto)
  --keep-jobs N     finished jobs that are kept, those with a star beside (5000)
  --keep-days N     days for which they are kept (unlimited)
  --keep-size SIZE  disk that they may take (20GB)
  --listen HOST     let other computers in at this address or name, 0.0.0.0 for all; needs TLS or --insecure
  --tls-key FILE    private key, --tls-cert FILE certificate, both PEM
  --insecure        let others in without TLS
  --sdapi WHO       off, token or open: the A1111 API under /sdapi/v1 for nobody, for whoever has a
                    token, or for every program of this computer (off)
  --hf-token-file FILE  holds your token of Hugging Face, for models that want an account there
  --no-open         do not open the browser
  --no-warm         prepare no model before the first job
  --log LEVEL       ${levels.join(', ')} (warn); logs go to standard error
  --help            this text

Each may also be set as MARQUEE_PORT, MARQUEE_MODELS (folders separated by ${path.delimiter}), MARQUEE_DATA,
MARQUEE_DEVICE, MARQUEE_MEMORY, MARQUEE_MODE, MARQUEE_NO_OPEN=1, MARQUEE_LOG, and so on; the command line comes first.
Downloads go through HTTPS_PROXY, HTTP_PROXY and NO_PROXY; HF_TOKEN or MARQUEE_HF_TOKEN is a token of Hugging Face.
`

const options = {
  port: { type: 'string' },
  models: { type: 'string' },
  data: { type: 'string' },
  device: { type: 'string' },
  precision: { type: 'string' },
  memory: { type: 'string' },
  mode: { type: 'string' },
  'keep-jobs': { type: 'string' },
  'keep-days': { type: 'string' },
  'keep-size': { type: 'string' },
  listen: { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-cert': { type: 'string' },
  insecure: { type: 'boolean' },
  sdapi: { type: 'string' },
  'hf-token-file': { type: 'string' },
  'no-open': { type: 'boolean' },
  'no-warm': { type: 'boolean' },
  log: { type: 'string' },
  help: { type: 'boolean' }
} as const

/**
 * The settings of a command line and its environment, or the text that was asked for instead.
 * Throws AppError 'settings-invalid' that names the option and what it may be.
 */
export function readConfig(
  argv: readonly string[],
  env: NodeJS.ProcessEnv
): Config | { readonly help: string } {
  const { texts, flags, positionals } = readCommandLine(argv, options)
  const command = positionals.find((word) => word !== 'serve')
  if (command !== undefined) throw invalid(`There is no command ${command}.`, 'Known commands: serve.')
  if (flags.has('help')) return { help }
  const mirror = (name: string) => env[`MARQUEE_${name.toUpperCase().replaceAll('-', '_')}`]
  const setting: Setting = (name) => texts.get(name)?.at(-1) ?? mirror(name)
  const isOn = (name: Flag): boolean => flags.has(name) || mirror(name) === '1'
  const data = path.resolve(setting('data') ?? usualDataFolder(env))
  return {
    port: portOf(setting('port') ?? '7421'),
    models: [
      ...[...(texts.get('models') ?? []), ...foldersOf(env.MARQUEE_MODELS)].map((folder) =>
        path.resolve(folder)
      ),
      path.join(projectFolder, 'models'),
      path.join(data, 'models')
    ],
    data,
    device: choiceOf('device', setting('device') ?? 'auto', devices),
    precision: choiceOf('precision', setting('precision') ?? 'auto', precisions),
    memoryBytes: memoryOf(setting('memory')),
    retention: {
      jobs: limitOf('keep-jobs', setting('keep-jobs') ?? '5000'),
      days: limitOf('keep-days', setting('keep-days') ?? 'unlimited'),
      bytes: sizeOf('keep-size', setting('keep-size') ?? '20GB')
    },
    access: accessOf(setting, isOn('insecure')),
    sdapi: sdapiOf(setting),
    downloads: downloadSettings(env, setting('hf-token-file')),
    mode: choiceOf('mode', setting('mode') ?? 'auto', modes),
    open: !isOn('no-open'),
    warm: !isOn('no-warm'),
    log: choiceOf('log', setting('log') ?? 'warn', levels),
    version: ownVersion(),
    pageFolder: path.join(projectFolder, 'dist', 'panel'),
    env
  }
}

type Flag = 'no-open' | 'no-warm' | 'insecure'
type Setting = (name: Exclude<keyof typeof options, Flag | 'models' | 'help'>) => string | undefined

/** What a computer calls itself, and nobody else can reach. */
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/

function sdapiOf(setting: Setting): SdapiAccess {
  const sdapi = choiceOf('sdapi', setting('sdapi') ?? 'off', ['off', 'token', 'open'] as const)
  const host = setting('listen')
  if (sdapi === 'open' && host !== undefined && !loopback.test(host))
    throw invalid(
      `--sdapi open is for programs of this computer, and --listen ${host} lets others in.`,
      'Choose --sdapi token.'
    )
  return sdapi
}

function accessOf(setting: Setting, insecure: boolean): Access {
  const [host = null, key, cert] = [setting('listen'), setting('tls-key'), setting('tls-cert')]
  if ((key === undefined) !== (cert === undefined))
    throw invalid('--tls-key and --tls-cert belong together, and one is missing.')
  const tls = key === undefined || cert === undefined ? null : { key: readPem(key), cert: readPem(cert) }
  if (host === '') throw invalid('--listen needs an address or a name of this computer.')
  if (host !== null && !loopback.test(host) && tls === null && !insecure)
    throw invalid(
      `--listen ${host} lets other computers in, and what they send could be read on the way.`,
      'Give --tls-key and --tls-cert, or --insecure in a network where everybody may see everything.'
    )
  return { host: host !== null && loopback.test(host) ? null : host, tls }
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw invalid(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

function memoryOf(text: string | undefined): number {
  // A container may use less than the machine has; without a limit the number is beyond all machines.
  if (text === undefined) return 0.6 * Math.min(totalmem(), process.constrainedMemory() || Infinity)
  return sizeOf('memory', text)
}

const foldersOf = (list = ''): string[] => list.split(path.delimiter).filter((folder) => folder !== '')

function usualDataFolder(env: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32')
    return path.join(env.LOCALAPPDATA ?? path.join(homedir(), 'AppData', 'Local'), 'Marquee')
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Application Support', 'Marquee')
  return path.join(env.XDG_DATA_HOME ?? path.join(homedir(), '.local', 'share'), 'marquee')
}

export function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(projectFolder, 'package.json'), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : ''
}
