import { readFileSync } from 'node:fs'
import { invalid } from './config-values.ts'
import type { ProxySettings } from './downloads/transport.ts'

/** How models are downloaded. */
export interface DownloadSettings {
  readonly proxy: ProxySettings
  /** Secrets by the host that each is for. */
  readonly tokens: ReadonlyMap<string, string>
}

/** The variables that other programs use too, in either spelling; a token's file comes before its variables. */
export function downloadSettings(env: NodeJS.ProcessEnv, tokenFile: string | undefined): DownloadSettings {
  const either = (name: string): string | null => env[name.toLowerCase()] ?? env[name] ?? null
  const all = either('ALL_PROXY')
  const token = tokenFile === undefined ? (env.MARQUEE_HF_TOKEN ?? env.HF_TOKEN) : readToken(tokenFile)
  return {
    proxy: {
      http: proxyOf('HTTP_PROXY', either('HTTP_PROXY') ?? all),
      https: proxyOf('HTTPS_PROXY', either('HTTPS_PROXY') ?? all),
      except: either('NO_PROXY')
    },
    tokens: new Map(token === undefined || token === '' ? [] : [['huggingface.co', token]])
  }
}

function proxyOf(name: string, text: string | null): string | null {
  if (text === null || text === '') return null
  const url = /^[a-z0-9]+:\/\//i.test(text) ? text : `http://${text}`
  if (URL.canParse(url) && /^https?:/.test(url)) return url
  // Not the text itself, which may hold a password.
  throw invalid(`${name} is not the address of an HTTP proxy, as http://proxy.example:3128.`)
}

function readToken(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw invalid(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
  }
  if (/^[\x21-\x7e]+$/.test(text)) return text
  throw invalid(`--hf-token-file ${file} must hold a token and nothing else.`)
}
