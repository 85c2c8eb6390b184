import { CodedError } from './coded-error.ts'
import { isErrorReply, parseJson } from './replies.ts'
import { tokenOf, type Token } from './token.ts'

interface HttpOptions {
  readonly url: string
  readonly token: Token
  readonly clientId: string
  readonly fetch: typeof fetch
}

export interface Ask {
  readonly method?: 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: BodyInit
  readonly signal?: AbortSignal
}

/** Requests under `/api` that say who asks, and fail with CodedError. */
export interface Http {
  readonly ask: (path: string, ask?: Ask) => Promise<Response>
  /** The reply as JSON, which must be what was expected. */
  readonly askJson: <T>(path: string, isExpected: (value: unknown) => value is T, ask?: Ask) => Promise<T>
}

export function createHttp({ url, token, clientId, fetch }: HttpOptions): Http {
  async function ask(path: string, { headers: more, ...init }: Ask = {}): Promise<Response> {
    const headers = { Authorization: `Bearer ${tokenOf(token)}`, 'X-Marquee-Client': clientId, ...more }
    let response: Response
    try {
      response = await fetch(`${url}/api${path}`, { ...init, headers })
    } catch {
      init.signal?.throwIfAborted()
      throw new CodedError(
        'not-running',
        'Marquee’s server does not answer.',
        'Start it with npm start, then try again.'
      )
    }
    // A HEAD that finds nothing is an answer, not a failure.
    if (response.ok || (init.method === 'HEAD' && response.status === 404)) return response
    throw await errorOf(response)
  }

  async function askJson<T>(
    path: string,
    isExpected: (value: unknown) => value is T,
    how: Ask = {}
  ): Promise<T> {
    const value = parseJson(await (await ask(path, how)).text())
    if (!isExpected(value))
      throw new CodedError(
        'bad-message',
        `${url} answered /api${path} with something else than was asked for.`
      )
    return value
  }

  return { ask, askJson }
}

async function errorOf(response: Response): Promise<CodedError> {
  const reply = parseJson(await response.text())
  if (isErrorReply(reply)) return new CodedError(reply.code, reply.message, reply.hint)
  return new CodedError('internal', `The server answered ${response.status} without saying why.`)
}
