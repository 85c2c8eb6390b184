import type { ImageRef } from '#protocol/images.ts'
import type { GenerateRequest } from '#protocol/request.ts'
import { anySocket } from './any-socket.ts'
import { createBridgeClient, type BridgeClient, type ImageToSend } from './bridge-client.ts'
import { CodedError } from './coded-error.ts'
import type { ConnectionStatus } from './connection.ts'
import { createFollowedJobs, type FinishedJob, type Following } from './followed-jobs.ts'
import { newId } from './new-id.ts'

// The package's `marquee/client`: a bridge server for programs, in Node and in browsers.

export { CodedError } from './coded-error.ts'
export type { FinishedJob, Following } from './followed-jobs.ts'
export { newRequest, type Wish } from './new-request.ts'

/** A connection to a bridge server. Promises reject with CodedError for what a person can act on. */
export interface Marquee extends Omit<BridgeClient, 'connect' | 'disconnect' | 'generate' | 'cancel'> {
  /** The server's version, and where it computes. */
  readonly version: string
  readonly device: string
  /** Sends a picture or a mask and says what requests call it. */
  readonly send: (image: ImageToSend) => Promise<ImageRef>
  /** Has a job done. It goes on where the connection is lost and comes back. */
  readonly generate: (request: GenerateRequest, following?: Following) => Promise<FinishedJob>
  readonly close: () => void
}

export interface ConnectOptions {
  /** `http://localhost:7421`. */
  readonly url: string
  /** The part of the printed link after `#token=`, or a token that its owner made. */
  readonly token: string
  /** Kept by the caller where it wants to find its jobs again: 8 to 64 letters, digits, _ or -. Default: new. */
  readonly clientId?: string
  /** Seconds for which a lost server is waited for before its jobs' promises reject; the jobs themselves go on. */
  readonly patience?: number
}

/** Rejects with CodedError: 'not-running', 'unauthorized', 'protocol-version' or 'forbidden-host'. */
export async function connect(options: ConnectOptions): Promise<Marquee> {
  const { clientId = newId(), patience = 30 } = options
  const url = options.url.replace(/\/+$/, '')
  const jobs = createFollowedJobs()
  let settle: (status: ConnectionStatus) => void = () => undefined
  let giveUp: ReturnType<typeof setTimeout> | undefined
  let ended: CodedError | null = null

  const client = createBridgeClient({
    ...{ url, clientId, token: options.token },
    runtime: { openSocket: await anySocket() },
    onMessage: (message) => jobs.hear(message),
    onStatus: (status) => {
      settle(status)
      if (status.state === 'online') {
        clearTimeout(giveUp)
        giveUp = undefined
        jobs.resume(client)
      } else if (status.state === 'offline') {
        const surrender = (): void => end(offline(status, url))
        if (status.cause === 'not-running') giveUp ??= setTimeout(surrender, patience * 1000)
        else surrender()
      }
    }
  })
  const end = (error: CodedError): void => {
    ended = error
    clearTimeout(giveUp)
    client.disconnect()
    jobs.abandon(error)
  }
  const close = (): void => end(new CodedError('not-running', 'The connection was closed.'))
  const { version, device } = await new Promise<Extract<ConnectionStatus, { state: 'online' }>>(
    (resolve, reject) => {
      settle = (status) => {
        if (status.state === 'online') resolve(status)
        if (status.state === 'offline') reject(offline(status, url))
      }
      client.connect()
    }
  ).catch((error: unknown) => {
    close()
    throw error
  })
  return {
    ...client,
    ...{ version, device, close },
    async send(image) {
      const ref = await client.describe(image)
      await client.upload(ref, image)
      return ref
    },
    generate: async (request, following = {}) => {
      if (ended !== null) throw ended
      return jobs.follow(client, request, following)
    }
  }
}

function offline({ cause }: Extract<ConnectionStatus, { state: 'offline' }>, url: string): CodedError {
  switch (cause) {
    case 'not-running':
      return new CodedError('not-running', `No Marquee answers at ${url}.`, 'Start one with npm start.')
    case 'wrong-token':
      return new CodedError(
        'unauthorized',
        `Marquee at ${url} does not know this token.`,
        'Use the token of the link that it printed when it started.'
      )
    case 'wrong-version':
      return new CodedError(
        'protocol-version',
        `Marquee at ${url} is of another version.`,
        'Use the same version on both sides.'
      )
    case 'forbidden':
      return new CodedError(
        'forbidden-host',
        `Marquee does not answer to the name in ${url}.`,
        'Use the address that it printed when it started.'
      )
  }
}
