import type { WebSocket } from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import type { RawData } from 'ws'
import { AppError, toErrorReply } from '../errors.ts'
import { holderOf } from '../jobs/job.ts'
import type { Queue } from '../jobs/queue.ts'
import { PROTOCOL_VERSION, type ClientMessage, type ServerMessage } from '../protocol/messages.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import { parseClientMessage, type Parsed } from '../parse.ts'
import { checkRequest } from './check-request.ts'
import { createBucket, createCounts, type Limits } from './limits.ts'
import { unauthorized } from './security.ts'
import type { OwnBlobs } from './own-blobs.ts'
import type { Presence } from './presence.ts'
import { clientKey, type Tokens } from './tokens.ts'

/** Bytes that wait for a slow client before progress is left out; past `Limits.unreadBytes` its socket is closed. */
const backlog = 1024 * 1024
/** WebSocket close codes (RFC 6455, 7.4). */
const policyViolation = 1008
const unsupportedData = 1003
/** A peer that does not answer a close gets no longer. */
const closeGraceMs = 2000

export interface SocketParts {
  readonly tokens: Tokens
  readonly limits: Limits
  readonly version: string
  readonly device: () => string
  readonly queue: Queue
  readonly owned: OwnBlobs
  readonly presence: Presence
  /** Throws AppError where a job names networks that are not there, before it waits for nothing. */
  readonly checkNetworks?: (request: GenerateRequest) => Promise<void>
}

/** `/api/socket`: `hello` first; then a client's messages go to the queue and its jobs' events come back. */
export function socketRoute(app: FastifyInstance, parts: SocketParts): void {
  const { sockets, socketsOfToken } = parts.limits
  const countAll = createCounts(sockets, 'sockets')
  const countOfToken = createCounts(socketsOfToken, 'sockets of this token')
  app.get('/api/socket', { websocket: true }, (socket, request) => {
    socket.on('error', (error) => request.log.warn(error))
    try {
      socket.on('close', countAll('everybody'))
      converse(socket, { ...parts, countOfToken }, (error) => request.log.error(error))
    } catch (error) {
      socket.send(JSON.stringify({ type: 'error', error: toErrorReply(error) } satisfies ServerMessage))
      closeSoon(socket, policyViolation, 'too-many')
    }
  })
}

/** Sockets are nowhere else. The library would open one first, that nobody counts, and close it then. */
export function guardUpgrades(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.ws && request.routeOptions.url !== '/api/socket')
      throw new AppError('not-found', {
        message: `There is no socket at ${request.url.slice(0, 200)}.`,
        hint: 'Open one at /api/socket.'
      })
    done()
  })
}

function closeSoon(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason)
  const impatience = setTimeout(() => socket.terminate(), closeGraceMs)
  socket.once('close', () => clearTimeout(impatience))
}

interface Conversation extends SocketParts {
  readonly countOfToken: (holder: string) => () => void
}

function converse(socket: WebSocket, parts: Conversation, report: (error: unknown) => void): void {
  const { limits, tokens } = parts
  let client: string | null = null

  const send = (message: ServerMessage): void => {
    if (socket.readyState !== socket.OPEN) return
    if (message.type === 'progress' && socket.bufferedAmount > backlog) return
    if (socket.bufferedAmount > limits.unreadBytes) {
      // What it missed it learns from the standing of its jobs when it connects again.
      socket.terminate()
      return
    }
    socket.send(JSON.stringify(message))
  }

  const refuse = (error: AppError): void => {
    send({ type: 'error', error: toErrorReply(error) })
    closeSoon(socket, policyViolation, error.code)
  }

  const greet = (parsed: Parsed): void => {
    const greeting = greetingOf(parsed, parts)
    if (greeting instanceof AppError) {
      refuse(greeting)
      return
    }
    const { holder } = greeting
    try {
      socket.on('close', parts.countOfToken(holder))
      socket.on('close', parts.presence.enter(holder))
    } catch (error) {
      refuse(error instanceof AppError ? error : unauthorized())
      return
    }
    clearTimeout(impatience)
    client = clientKey(holder, greeting.client)
    const whenRevoked = (revoked: string): void => {
      if (revoked === holder) refuse(unauthorized())
    }
    socket.on('close', tokens.onRevoke(whenRevoked))
    send({ type: 'welcome', protocol: PROTOCOL_VERSION, version: parts.version, device: parts.device() })
    for (const event of parts.queue.standing(client)) send(event)
    socket.on('close', parts.queue.listen(client, send))
  }

  const receive = async (text: string): Promise<void> => {
    const parsed = parseClientMessage(text)
    if (socket.readyState !== socket.OPEN) return
    if (client === null) greet(parsed)
    else if (!parsed.ok) send(parsed.reply)
    else {
      try {
        await obey(parsed.message, client, parts)
      } catch (error) {
        if (!(error instanceof AppError)) report(error)
        send({ type: 'error', ...aboutJob(parsed.message), error: toErrorReply(error) })
      }
    }
  }

  const impatience = setTimeout(() => refuse(helloMissing(limits)), limits.helloSeconds * 1000)
  socket.on('close', () => clearTimeout(impatience))
  // One message after the other: a cancel must not overtake its generate, whose blobs are being looked for.
  let turn = Promise.resolve()
  const { messageBurst: size, messagesPerSecond: perSecond } = limits
  const mayCome = createBucket({ size, perSecond, now: Date.now })
  socket.on('message', (data, isBinary) => {
    if (socket.readyState !== socket.OPEN) return
    if (!mayCome(1)) refuse(flood(perSecond))
    else if (isBinary) closeSoon(socket, unsupportedData, 'Send text frames with JSON; blobs go by HTTP.')
    else turn = turn.then(() => receive(textOf(data)))
  })
}

async function obey(
  message: ClientMessage,
  client: string,
  { queue, owned, checkNetworks }: SocketParts
): Promise<void> {
  switch (message.type) {
    case 'hello':
      throw new AppError('bad-message', {
        message: 'hello was said before; it comes once, first.',
        hint: 'Leave the second hello out, or open another connection for it.'
      })
    case 'generate':
      await checkRequest(message.request, owned.of(holderOf(client)))
      await checkNetworks?.(message.request)
      queue.submit(client, message.jobId, message.request)
      return
    case 'cancel':
      queue.cancel(client, message.jobId)
      return
    case 'reorder':
      queue.reorder(client, message.jobId, message.position)
  }
}

const flood = (perSecond: number): AppError =>
  new AppError('too-many', {
    message: `Too many messages came; ${perSecond} a second are allowed.`,
    hint: 'Connect again, and send less.'
  })

interface Greeting {
  readonly holder: string
  readonly client: string
}

/** Who says hello, or why a first message is not the hello of a panel that may come in. */
function greetingOf(
  parsed: Parsed,
  { limits, tokens }: Pick<Conversation, 'limits' | 'tokens'>
): Greeting | AppError {
  if (!parsed.ok)
    return new AppError('bad-message', {
      message: `The first message must be hello. ${parsed.reply.error.message}`,
      hint: parsed.reply.error.hint ?? 'Say hello with version, client and token, then everything else.'
    })
  const { message } = parsed
  if (message.type !== 'hello') return helloMissing(limits)
  const holder = tokens.holderOf(message.token)
  if (holder === null) return unauthorized()
  if (message.protocol === PROTOCOL_VERSION) return { holder, client: message.client }
  return new AppError('protocol-version', {
    message: `The panel speaks protocol ${message.protocol}; this server speaks ${PROTOCOL_VERSION}.`,
    hint: message.protocol < PROTOCOL_VERSION ? 'Reload or update the panel.' : 'Update and restart Marquee.'
  })
}

const helloMissing = ({ helloSeconds }: Limits): AppError =>
  new AppError('bad-message', {
    message: `The first message must be hello, within ${helloSeconds} seconds.`,
    hint: 'Send { "type": "hello", "protocol", "token", "client" } first.'
  })

const aboutJob = (message: ClientMessage): { jobId?: string } =>
  message.type === 'hello' ? {} : { jobId: message.jobId }

const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)).toString(
    'utf8'
  )
