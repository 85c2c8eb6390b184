import type { BridgeClient } from '../client/bridge-client.ts'
import { createBridgeClient } from '../client/bridge-client.ts'
import { CodedError } from '../client/coded-error.ts'
import type { ConnectionStatus } from '../client/connection.ts'
import { createPairingClient } from '../client/pairing.ts'
import type { Network } from '../hosts/photoshop/network.ts'
import type { Secrets } from '../hosts/photoshop/secrets.ts'
import { sha256 } from '../hosts/photoshop/sha256.ts'

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
  /** The client with the token of the moment. */
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
  let status: ConnectionStatus = { state: 'connecting' }
  let current = clientWith('')
  let stopChecks = () => {}

  function clientWith(token: string): BridgeClient {
    return createBridgeClient({
      url,
      token,
      clientId,
      onStatus(next) {
        // Photoshop refuses before anything is sent, so the server cannot be asked why.
        const isDenied = next.state === 'offline' && next.cause === 'not-running' && network.isDenied()
        status = isDenied ? { state: 'offline', cause: 'forbidden' } : next
        parts.onStatus(status)
      },
      onMessage: parts.onMessage,
      runtime: { fetch: network.fetch, openSocket: network.openSocket, sha256, later }
    })
  }

  function connectWith(token: string) {
    current.disconnect()
    current = clientWith(token)
    current.connect()
    stopChecks()
    stopChecks = later(ALIVE_EVERY, () => void check())
  }

  async function check() {
    if (status.state === 'online' && !(await isAlive())) current.connect()
    stopChecks = later(ALIVE_EVERY, () => void check())
  }

  /** A request cannot be broken off here, so its answer is merely not waited for. */
  function isAlive(): Promise<boolean> {
    return new Promise((resolve) => {
      const stop = later(ALIVE_WITHIN, () => resolve(false))
      network.fetch(`${url}/api/health`).then(
        () => {
          stop()
          resolve(true)
        },
        () => {
          stop()
          resolve(false)
        }
      )
    })
  }

  return {
    client: {
      connect: () => current.connect(),
      disconnect: () => current.disconnect(),
      catalogue: () => current.catalogue(),
      describe: (image) => current.describe(image),
      upload: (ref, image) => current.upload(ref, image),
      generate: (jobId, request) => current.generate(jobId, request),
      cancel: (jobId) => current.cancel(jobId),
      reorder: (jobId, position) => current.reorder(jobId, position),
      jobs: (filter) => current.jobs(filter),
      job: (jobId) => current.job(jobId),
      remove: (jobId) => current.remove(jobId),
      pixels: (jobId, image) => current.pixels(jobId, image),
      png: (jobId, image) => current.png(jobId, image),
      readPrompt: (question) => current.readPrompt(question),
      addModel: (name, file) => current.addModel(name, file),
      chooseForModel: (id, choice) => current.chooseForModel(id, choice),
      addFolder: (folder) => current.addFolder(folder),
      removeFolder: (folder) => current.removeFolder(folder)
    },
    async start() {
      connectWith(await secrets.token())
    },
    async pair(typed) {
      const token = tokenIn(typed) ?? (await pairing.claim(typed))
      await secrets.keepToken(token).catch(() => {
        throw new CodedError(
          'host-busy',
          'Photoshop could not keep the connection’s key.',
          'Try again; if that does not help, restart Photoshop.'
        )
      })
      connectWith(token)
    }
  }
}

/** Someone may paste the link that the server printed, or the token itself. */
function tokenIn(typed: string): string | null {
  const linked = /#token=([\w-]+)/.exec(typed)?.[1]
  if (linked !== undefined) return linked
  return /^[\w-]{24,}$/.test(typed.trim()) ? typed.trim() : null
}
