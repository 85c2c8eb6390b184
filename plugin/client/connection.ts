import { PROTOCOL_VERSION, type ClientMessage, type ServerMessage } from '#protocol/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { isHealth, isServerMessage, parseJson } from './replies.ts'
import type { OpenSocket, Socket } from './socket.ts'
import { tokenOf, type Token } from './token.ts'

/** Why there is no connection; each has its own way out. */
type OfflineCause = 'not-running' | 'wrong-version' | 'wrong-token' | 'forbidden'

export type ConnectionStatus =
  | { readonly state: 'connecting' }
  | { readonly state: 'online'; readonly version: string; readonly device: string }
  | { readonly state: 'offline'; readonly cause: OfflineCause }

interface ConnectionOptions {
  readonly url: string
  readonly token: Token
  readonly clientId: string
  readonly openSocket: OpenSocket
  readonly fetch: typeof fetch
  /** Runs `action` after some milliseconds; returns the way to prevent it. */
  readonly later: (milliseconds: number, action: () => void) => () => void
  readonly onStatus: (status: ConnectionStatus) => void
  readonly onMessage: (message: ServerMessage) => void
}

export interface Connection {
  /** Connects, and keeps connecting until `close`. Calling it again tries at once. */
  readonly open: () => void
  readonly close: () => void
  readonly isOnline: () => boolean
  /** Says whether the message could be sent. */
  readonly send: (message: ClientMessage) => boolean
}

const FIRST_RETRY = 500
const LAST_RETRY = 8000
/** A server that takes the socket and then says nothing is not one of ours, or hangs. */
const WELCOME_WITHIN = 10_000

/** One socket at a time: says hello, reconnects with doubling pauses, and finds out why it cannot. */
export function createConnection(options: ConnectionOptions): Connection {
  let socket: Socket | null = null
  let online = false
  let pause = FIRST_RETRY
  /** Counts the sockets, so that what an earlier one still does is told apart. */
  let turn = 0
  let cancelTimer = () => {}

  function open() {
    close()
    const own = turn
    const isCurrent = () => turn === own
    let refusal: OfflineCause | null = null
    const current = options.openSocket(`${options.url.replace(/^http/, 'ws')}/api/socket`, {
      opened() {
        if (isCurrent()) current.send(JSON.stringify(hello(options)))
      },
      received(text) {
        const message = parseJson(text)
        if (!isCurrent() || !isServerMessage(message)) return
        if (!online && message.type === 'error') {
          refusal = causeOf(message.error.code)
          return
        }
        if (message.type === 'welcome') {
          if (message.protocol !== PROTOCOL_VERSION) {
            refusal = 'wrong-version'
            current.close()
            return
          }
          cancelTimer()
          online = true
          pause = FIRST_RETRY
          options.onStatus({ state: 'online', version: message.version, device: message.device })
        }
        options.onMessage(message)
      },
      closed() {
        if (isCurrent()) void lost(own, refusal)
      }
    })
    socket = current
    cancelTimer = options.later(WELCOME_WITHIN, () => current.close())
  }

  async function lost(own: number, refusal: OfflineCause | null) {
    cancelTimer()
    socket = null
    online = false
    const cause = refusal ?? (await probe(options))
    // Someone may have opened or closed while the probe was under way.
    if (turn !== own) return
    options.onStatus({ state: 'offline', cause })
    cancelTimer = options.later(pause, open)
    pause = Math.min(LAST_RETRY, pause * 2)
  }

  function close() {
    cancelTimer()
    turn++
    const old = socket
    socket = null
    online = false
    old?.close()
  }

  return {
    open() {
      options.onStatus({ state: 'connecting' })
      pause = FIRST_RETRY
      open()
    },
    close,
    isOnline: () => online,
    send(message) {
      if (!online) return false
      socket?.send(JSON.stringify(message))
      return true
    }
  }
}

const hello = ({ token, clientId }: ConnectionOptions): ClientMessage => ({
  type: 'hello',
  protocol: PROTOCOL_VERSION,
  token: tokenOf(token),
  client: clientId
})

function causeOf(code: ErrorCode): OfflineCause | null {
  if (code === 'unauthorized') return 'wrong-token'
  if (code === 'protocol-version') return 'wrong-version'
  if (code === 'forbidden-host') return 'forbidden'
  return null
}

/** A socket that fails does not say why; the open health route does. */
async function probe({ url, fetch }: ConnectionOptions): Promise<OfflineCause> {
  try {
    const response = await fetch(`${url}/api/health`)
    if (response.status === 403) return 'forbidden'
    if (!response.ok) return 'not-running'
    const health = parseJson(await response.text())
    if (isHealth(health) && typeof health.protocol === 'number' && health.protocol !== PROTOCOL_VERSION)
      return 'wrong-version'
    // It runs, and yet closed the socket without a word: a restart, most likely.
    return 'not-running'
  } catch {
    return 'not-running'
  }
}
