import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import { parseJson } from '../parse.ts'
import type { Route } from '../sdapi/call.ts'
import { unauthorized } from './security.ts'
import { isFromThisComputer } from './this-computer.ts'
import { clientKey, type Tokens } from './tokens.ts'

/** Who may use the A1111 API: nobody, whoever has a token, or every program of this computer. */
export type SdapiAccess = 'off' | 'token' | 'open'

/** Bytes of a request: pictures come as base64. */
const maxBodyBytes = 256 * 2 ** 20
/** Commas and opening brackets outside texts: no client sends more, and a body of them alone would fill the memory. */
const maxValues = 100_000

export interface SdapiServer {
  readonly access: SdapiAccess
  readonly routes: readonly Route[]
  readonly tokens: Tokens
  /** `scheme://name:port` of this server. */
  readonly origins: () => readonly string[]
}

/** `/sdapi/v1` for programs made for the A1111 web UI; see docs/security.md. */
export function registerSdapi(app: FastifyInstance, { access, routes, tokens, origins }: SdapiServer): void {
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, parsed) => {
    try {
      const text = String(body)
      checkValues(text)
      parsed(null, text.trim() === '' ? undefined : parseJson(text))
    } catch (error) {
      parsed(error instanceof Error ? error : new Error(String(error)))
    }
  })
  // Some programs send no body and call it a form's.
  app.addContentTypeParser('*', { parseAs: 'string' }, ({ headers }, body, parsed) => {
    if (String(body).trim() === '') parsed(null, undefined)
    else
      parsed(
        new AppError('bad-message', {
          message: `The body is sent as ${String(headers['content-type']).slice(0, 60)}.`,
          hint: 'Send JSON, with content-type application/json.'
        })
      )
  })
  const clients = new WeakMap<FastifyRequest, string>()
  app.addHook('onRequest', (request, reply, done) => {
    const holder = holderOf(request, tokens)
    // A browser sends Basic credentials by itself, but never a right Bearer.
    if (holder === null || !isBearer(request)) refuseForeignPages(request, origins())
    if (holder === null && (access === 'token' || !isFromThisComputer(request))) {
      void reply.header('www-authenticate', 'Basic realm="Marquee"')
      throw unauthorized()
    }
    // No token's holder has such a key.
    clients.set(request, holder === null ? 'open/sdapi' : clientKey(holder, 'sdapi-client'))
    done()
  })
  // Clients of the web UI read what is wrong from there.
  app.addHook('preSerialization', (_request, reply, payload, done) => {
    done(null, reply.statusCode < 400 ? payload : withDetail(payload))
  })
  for (const { method, url, answer } of routes)
    app.route({
      method,
      url,
      bodyLimit: maxBodyBytes,
      handler: async (request, reply) => {
        const { body, query } = request
        const client = clients.get(request) ?? ''
        // A picture may take longer than a silent connection may last.
        const { socket } = request.raw
        const { timeout: idle = 0 } = socket
        socket.setTimeout(0)
        const signal = goneSignal(reply)
        try {
          return await reply.send(await answer({ client, body, query: asRecord(query), signal }))
        } catch (error) {
          // Nobody is there to answer.
          if (signal.aborted) return await reply.hijack()
          if (!(error instanceof AppError) || error.field === undefined) throw error
          const detail = { loc: ['body', ...error.field.split('.')], msg: error.message, type: 'value_error' }
          return await reply.status(422).send({ detail: [detail] })
        } finally {
          socket.setTimeout(idle)
        }
      }
    })
}

function withDetail(payload: unknown): unknown {
  const reply = asRecord(payload)
  if (reply.detail !== undefined || typeof reply.message !== 'string') return payload
  const hint = typeof reply.hint === 'string' ? ` ${reply.hint}` : ''
  return { ...reply, detail: reply.message + hint }
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

/** Aborted when the connection closes before the answer is out. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}

/** A token as Bearer, or as the password of any user name (`--api-auth` of the web UI's clients). */
function holderOf({ headers }: FastifyRequest, tokens: Tokens): string | null {
  const [, scheme = '', value = ''] = /^(Bearer|Basic) (.+)$/i.exec(headers.authorization ?? '') ?? []
  if (scheme === '') return null
  if (scheme.toLowerCase() === 'bearer') return tokens.holderOf(value)
  const pair = Buffer.from(value, 'base64').toString('utf8')
  return tokens.holderOf(pair.slice(pair.indexOf(':') + 1))
}

const isBearer = ({ headers }: FastifyRequest): boolean => /^Bearer /i.test(headers.authorization ?? '')

/** Where credentials prove nothing only pages of our own may ask. */
function refuseForeignPages({ headers }: FastifyRequest, own: readonly string[]): void {
  const { origin } = headers
  const site = headers['sec-fetch-site']
  const isOwn = origin === undefined || own.includes(origin)
  if (isOwn && (site === undefined || site === 'same-origin' || site === 'none')) return
  throw new AppError('forbidden-host', {
    message: `Pages of ${origin ?? 'other sites'} may not use this API.`,
    hint: 'Programs may; a panel whose origin is null sends its token as Bearer.'
  })
}

/** Counts outside texts, which are passed over at once however long they are. Throws AppError 'bad-message'. */
function checkValues(text: string): void {
  let values = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charAt(at)
    if (code === '"') {
      at = textEnd(text, at)
      if (at < 0) return
    } else if ((code === ',' || code === '[' || code === '{') && ++values > maxValues)
      throw new AppError('bad-message', {
        message: `The message has more than ${maxValues} values.`,
        hint: 'Send fewer values at once: fewer pictures, units or script arguments.'
      })
  }
}

/** The quote that ends a text; −1 where none does. */
function textEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end > 0) {
    let slashes = 0
    while (text.charAt(end - 1 - slashes) === '\\') slashes++
    if (slashes % 2 === 0) return end
    end = text.indexOf('"', end + 1)
  }
  return -1
}
