import { createBridgeClient, type BridgeClient } from '../client/bridge-client.ts'
import { CodedError } from '../client/coded-error.ts'
import type { ConnectionStatus } from '../client/connection.ts'
import { createPairingClient } from '../client/pairing.ts'
import { sha256InScript } from '../client/sha256.ts'
import type { Network } from '../hosts/photoshop/network.ts'
import type { Secrets } from '../hosts/photoshop/secrets.ts'

interface PhotoshopConnectionParts {
  readonly url: string
  readonly clientId: string
  readonly network: Network
  readonly secrets: Secrets
  readonly later: (milliseconds: number, action: () => void) => () => void
  readonly onStatus: (status: ConnectionStatus) => void
  readonly onMessage: Parameters<typeof createBridgeClient>[0]['onMessage']
}

export interface PhotoshopConnection {
  readonly client: BridgeClient
  /** Connects with the token that was kept. */
  readonly start: () => Promise<void>
  /** Gets the token for a code, keeps it and connects. Rejects with CodedError. */
  readonly pair: (typed: string) => Promise<void>
}

/** Milliseconds between two signs of life; a computer that slept leaves a socket that is open and dead. */
const ALIVE_EVERY = 15_000
const ALIVE_WITHIN = 5000

/** A bridge client whose token may come later than it, and that notices when the other side is gone. */
export function createPhotoshopConnection(parts: PhotoshopConnectionParts): PhotoshopConnection {
  const { url, clientId, network, secrets, later } = parts
  const pairing = createPairingClient(url, network.fetch)
  let token = ''
  let status: ConnectionStatus = { state: 'connecting' }
  const client = createBridgeClient({
    url,
    clientId,
    token: () => token,
    onStatus(next) {
      // Photoshop refuses before anything is sent, so the server cannot be asked why.
      const isDenied = next.state === 'offline' && next.cause === 'not-running' && network.isDenied()
      status = isDenied ? { state: 'offline', cause: 'forbidden' } : next
      parts.onStatus(status)
    },
    onMessage: parts.onMessage,
    runtime: { fetch: network.fetch, openSocket: network.openSocket, sha256: sha256InScript, later }
  })

  async function check() {
    if (status.state === 'online' && !(await isAlive(parts))) client.connect()
    later(ALIVE_EVERY, () => void check())
  }

  return {
    client,
    async start() {
      token = await secrets.token()
      client.connect()
      later(ALIVE_EVERY, () => void check())
    },
    async pair(typed) {
      const given = tokenIn(typed) ?? (await pairing.claim(typed))
      await secrets.keepToken(given).catch(() => {
        throw new CodedError(
          'host-busy',
          'Photoshop could not keep the connection’s key.',
          'Try again; if that does not help, restart Photoshop.'
        )
      })
      token = given
      client.connect()
    }
  }
}

/** A request cannot be broken off here, so its answer is merely not waited for. */
function isAlive({ url, network, later }: PhotoshopConnectionParts): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = later(ALIVE_WITHIN, () => resolve(false))
    const answer = (alive: boolean) => {
      stop()
      resolve(alive)
    }
    network.fetch(`${url}/api/health`).then(
      () => answer(true),
      () => answer(false)
    )
  })
}

/** Someone may paste the link that the server printed, or the token itself. */
function tokenIn(typed: string): string | null {
  const linked = /#token=([\w-]+)/.exec(typed)?.[1]
  if (linked !== undefined) return linked
  return /^[\w-]{24,}$/.test(typed.trim()) ? typed.trim() : null
}
