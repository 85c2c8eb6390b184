import { EnvHttpProxyAgent, request } from 'undici'
import { faultOfRedirect, urlOf } from './addresses.ts'
import { TransferError } from './transfer-error.ts'

/** Proxies by their addresses, as HTTP_PROXY and its siblings name them; null: none. */
export interface ProxySettings {
  readonly http: string | null
  readonly https: string | null
  /** Hosts that are asked directly, separated by commas. */
  readonly except: string | null
}

/** What a mirror answered, after its redirects. */
export interface Answer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** To be read to its end or discarded. */
  readonly body: AsyncIterable<Uint8Array>
  discard(): void
}

/** Asks mirrors. Both reject with TransferError, or with the signal's reason. */
export interface Transport {
  get(
    url: string,
    options: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal }
  ): Promise<Answer>
  close(): Promise<void>
}

interface TransportOptions {
  readonly proxy: ProxySettings
  /** Secrets by host, each sent over https to that host alone. */
  readonly tokens: ReadonlyMap<string, string>
  /** Milliseconds for a connection, and then for the headers of an answer. */
  readonly patienceMs?: number
}

const mostRedirects = 5

export function createTransport({ proxy, tokens, patienceMs = 30_000 }: TransportOptions): Transport {
  const dispatcher = new EnvHttpProxyAgent({
    // Empty, not absent, for what is absent is looked up in the environment.
    httpProxy: proxy.http ?? '',
    httpsProxy: proxy.https ?? '',
    noProxy: proxy.except ?? '',
    connect: { timeout: patienceMs },
    headersTimeout: patienceMs,
    // Whether a body comes fast enough is for its reader to say.
    bodyTimeout: 0
  })

  const ask = (url: URL, { headers, signal }: Parameters<Transport['get']>[1]) => {
    const token = url.protocol === 'https:' ? tokens.get(url.host) : undefined
    return request(url, {
      dispatcher,
      signal,
      headers: {
        ...headers,
        'user-agent': 'marquee',
        // Ranges and hashes are of the file itself.
        'accept-encoding': 'identity',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` })
      }
    }).catch((error: unknown) => {
      signal.throwIfAborted()
      if (isUntrusted(error))
        throw new TransferError(
          `shows a certificate that nobody vouches for (${wordsOf(error)}); behind a company’s proxy name its certificate in NODE_EXTRA_CA_CERTS`,
          { isFinal: true, cause: error }
        )
      throw new TransferError(`cannot be reached (${wordsOf(error)})`, { isFinal: false, cause: error })
    })
  }

  return {
    async get(start, options) {
      let url = new URL(start)
      for (let redirects = 0; redirects <= mostRedirects; redirects++) {
        const { statusCode, headers, body } = await ask(url, options)
        const location = isRedirect(statusCode) ? headers.location : undefined
        if (location === undefined)
          return { status: statusCode, headers: single(headers), body, discard: () => drop(body) }
        drop(body)
        const next = urlOf(String(location), url)
        const fault = next === null ? 'leads nowhere' : faultOfRedirect(url, next)
        if (next === null || fault !== null) throw new TransferError(fault ?? '', { isFinal: true })
        url = next
      }
      throw new TransferError(`leads round in a circle, or over more than ${mostRedirects} redirects`, {
        isFinal: true
      })
    },
    close: () => dispatcher.destroy(null)
  }
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

/** What is not read would hold its connection. */
function drop(body: { on(event: 'error', listener: () => void): unknown; destroy(): unknown }): void {
  body.on('error', () => undefined)
  body.destroy()
}

const single = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const first = Array.isArray(value) ? value[0] : value
      return first === undefined ? [] : [[name.toLowerCase(), first]]
    })
  )

/** OpenSSL's and Node's names of what may be wrong with a certificate. */
const isUntrusted = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /CERT|UNABLE_TO_VERIFY/.test(String(error.code))

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  // Several addresses of one host fail with an empty message and a code.
  return error.message === '' ? code : error.message
}
