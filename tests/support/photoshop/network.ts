import { WebSocket } from 'ws'
import type { PluginSocket } from '../../../plugin/hosts/photoshop/network.ts'
import { SimUnsupported } from './strict.ts'
import { measureBuffer, type World } from './world.ts'

export interface NetworkKnobs {
  /** `requiredPermissions.network.domains` of the plugin's manifest. */
  readonly domains: readonly string[]
  /** Where each listed http origin really is. */
  readonly routes: Readonly<Record<string, string>>
  /** Denials that the plugin asks for on purpose. */
  readonly expectedDenials?: readonly string[]
  /** Milliseconds between `close()` and the close event. */
  readonly closeDelay?: number
  /** The first attempt after the start is denied. */
  readonly deniesFirst?: boolean
}

/** A plugin's network as UXP has it: exact origins of the manifest, no abort, nothing while Photoshop is modal. */
export function createSimNetwork(world: World, knobs: NetworkKnobs) {
  const { domains, routes, expectedDenials = [], closeDelay = 0 } = knobs
  let isFirst = knobs.deniesFirst === true
  let isDown = false
  let isFrozen = false
  const sockets = new Set<WebSocket>()

  function outsideOfScopes(what: string): void {
    const scope = world.inScope.getStore()
    if (scope !== undefined && !scope.isOver)
      world.faults.push(`${what} inside the modal scope “${scope.name}”`)
  }

  /** The address behind a listed one. Throws as UXP denies. */
  function allowed(url: string): string {
    const { origin } = new URL(url)
    if (domains.includes(origin) && !isFirst) {
      const http = origin.replace(/^ws/, 'http')
      return url
        .replace(http, routes[http] ?? http)
        .replace(origin, (routes[http] ?? http).replace(/^http/, origin.startsWith('ws') ? 'ws' : 'http'))
    }
    if (!isFirst && !expectedDenials.includes(origin)) world.faults.push(`${origin} is not in the manifest`)
    isFirst = false
    throw new Error(`Permission denied to the url ${url}. Manifest entry not found.`)
  }

  /** A plugin takes what is thrown for trouble with the network, so it is noted too. */
  function unsupported(what: string): SimUnsupported {
    const error = new SimUnsupported(what)
    world.faults.push(error.message)
    return error
  }

  async function simFetch(url: string, init: RequestInit = {}): Promise<Response> {
    outsideOfScopes(`fetch of ${url}`)
    for (const key of Object.keys(init))
      if (!['method', 'headers', 'body'].includes(key)) throw unsupported(`fetch option ${key}`)
    const { body } = init
    if (
      body !== undefined &&
      typeof body !== 'string' &&
      Object.getPrototypeOf(body) !== Uint8Array.prototype
    )
      throw unsupported('fetch body that is neither text nor Uint8Array')
    const target = allowed(url)
    if (isDown) throw new TypeError('Network request failed')
    if (isFrozen) return new Promise(() => {})
    if (body instanceof Uint8Array) {
      measureBuffer(world, `the body of ${url}`, body.byteLength)
      // What a view shows of a larger buffer is not documented to be all that is sent.
      if (body.byteLength !== body.buffer.byteLength)
        throw unsupported('fetch body that is a part of a buffer')
    }
    const response = await fetch(target, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), origin: 'file://' }
    })
    measureBuffer(world, `the answer of ${url}`, Number(response.headers.get('content-length')))
    return response
  }

  function connect(url: string): PluginSocket {
    outsideOfScopes(`WebSocket to ${url}`)
    const target = allowed(url)
    const socket = new WebSocket(isDown ? 'ws://localhost:1/' : target, {
      origin: 'file://',
      perMessageDeflate: false
    })
    sockets.add(socket)
    const own: PluginSocket = {
      ...{ onopen: null, onmessage: null, onerror: null, onclose: null },
      send(text) {
        outsideOfScopes('WebSocket.send')
        if (socket.readyState !== WebSocket.OPEN) throw new Error('InvalidStateError: the socket is not open')
        socket.send(text)
      },
      close: () => socket.close()
    }
    socket.on('open', () => own.onopen?.())
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isFrozen) own.onmessage?.({ data: isBinary ? data : data.toString('utf8') })
    })
    socket.on('error', () => own.onerror?.())
    socket.on('close', () => {
      sockets.delete(socket)
      setTimeout(() => own.onclose?.(), closeDelay)
    })
    return own
  }

  return {
    fetch: simFetch,
    connect,
    /** Nothing answers any more, or everything does again. */
    setDown(down: boolean) {
      isDown = down
      if (down) for (const socket of sockets) socket.terminate()
    },
    /** The other side is gone without a word: open sockets stay silent. */
    freeze: (frozen: boolean) => (isFrozen = frozen)
  }
}

export type SimNetwork = ReturnType<typeof createSimNetwork>
