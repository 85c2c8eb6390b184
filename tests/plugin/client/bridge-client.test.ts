import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { PROTOCOL_VERSION, type ServerMessage } from '#protocol/messages.ts'
import { createBridgeClient, type ImageToSend } from '../../../plugin/client/bridge-client.ts'
import type { ConnectionStatus } from '../../../plugin/client/connection.ts'
import type { OpenSocket } from '../../../plugin/client/socket.ts'
import { job, request, usualModels } from '../../support/panel.ts'

/** The package's WebSocket, for a Node that has none of its own. */
const openSocket: OpenSocket = (url, handlers) => {
  const socket = new WebSocket(url)
  socket.on('open', () => handlers.opened())
  socket.on('message', (data: Buffer) => handlers.received(data.toString()))
  socket.on('close', () => handlers.closed())
  socket.on('error', () => {})
  return { send: (text) => socket.send(text), close: () => socket.close() }
}

interface Behaviour {
  /** Answers `hello`. */
  readonly greet?: (socket: WebSocket) => void
  readonly health?: () => { readonly status: number; readonly body: unknown }
  readonly port?: number
}

const welcome: ServerMessage = {
  type: 'welcome',
  protocol: PROTOCOL_VERSION,
  version: '1.2.3',
  device: 'cpu'
}
const say = (socket: WebSocket, message: ServerMessage) => socket.send(JSON.stringify(message))

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

/** A server that keeps blobs, records what it hears, and answers as it is told. */
async function startServer({ greet = (socket) => say(socket, welcome), health, port = 0 }: Behaviour = {}) {
  const heard: { readonly type: string; readonly jobId?: string }[] = []
  const requests: string[] = []
  const headers: IncomingMessage['headers'][] = []
  const blobs = new Map<string, Buffer>()
  const sockets = new Set<WebSocket>()
  const answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => {
    const path = request.url ?? ''
    if (path === '/api/health') {
      const { status, body: text } = health?.() ?? { status: 200, body: { protocol: PROTOCOL_VERSION } }
      response.writeHead(status).end(JSON.stringify(text))
      return
    }
    requests.push(`${request.method} ${path}`)
    headers.push(request.headers)
    const [, name] = /^\/api\/blobs\/(\w+)$/.exec(path) ?? []
    if (name !== undefined && request.method === 'PUT') blobs.set(name, body)
    if (name !== undefined) response.writeHead(blobs.has(name) ? 200 : 404).end()
    else if (path === '/api/catalogue') response.end(JSON.stringify(usualModels))
    else if (path.startsWith('/api/jobs?')) response.end(JSON.stringify({ jobs: [job('one')] }))
    else if (path.includes('/images/')) response.end(Buffer.from([1, 2, 3, 4]))
    else
      response
        .writeHead(404)
        .end(JSON.stringify({ code: 'not-found', message: 'No such job.', hint: 'Look again.' }))
  }
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => answer(request, response, Buffer.concat(pieces)))
  })
  new WebSocketServer({ server, path: '/api/socket' }).on('connection', (socket) => {
    sockets.add(socket)
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string }
      heard.push(message)
      if (message.type === 'hello') greet(socket)
    })
  })
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready))
  const stop = async () => {
    for (const socket of sockets) socket.terminate()
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
  open.push(stop)
  const address = server.address() as AddressInfo
  const broadcast = (message: ServerMessage) => {
    for (const socket of sockets) say(socket, message)
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    heard,
    requests,
    headers,
    blobs,
    broadcast,
    stop
  }
}

function startClient(url: string) {
  const statuses: ConnectionStatus[] = []
  const messages: ServerMessage[] = []
  const client = createBridgeClient({
    url,
    token: 'secret',
    clientId: 'client-00000001',
    onStatus: (status) => statuses.push(status),
    onMessage: (message) => messages.push(message),
    // Pauses of a tenth keep the test short and their order as it is.
    runtime: {
      openSocket,
      later: (milliseconds, action) => {
        const timer = setTimeout(action, milliseconds / 10)
        return () => clearTimeout(timer)
      }
    }
  })
  open.unshift(() => {
    client.disconnect()
    return Promise.resolve()
  })
  const last = () => statuses.at(-1)
  return { client, statuses, messages, last }
}

const refusing = (code: 'unauthorized' | 'protocol-version' | 'forbidden-host') => (socket: WebSocket) => {
  say(socket, { type: 'error', error: { code, message: 'No.' } })
  socket.close()
}

describe('the connection', () => {
  it('says hello first and is online when welcomed', async () => {
    const server = await startServer()
    const { client, statuses, messages, last } = startClient(server.url)
    client.connect()
    await expect.poll(last).toEqual({ state: 'online', version: '1.2.3', device: 'cpu' })
    expect(statuses[0]).toEqual({ state: 'connecting' })
    expect(server.heard).toEqual([
      { type: 'hello', protocol: PROTOCOL_VERSION, token: 'secret', client: 'client-00000001' }
    ])
    server.broadcast({ type: 'queued', jobId: 'job-00000001', position: 1 })
    await expect.poll(() => messages.map(({ type }) => type)).toEqual(['welcome', 'queued'])
  })

  it.each([
    ['wrong-token', { greet: refusing('unauthorized') }],
    ['wrong-version', { greet: refusing('protocol-version') }],
    ['forbidden', { greet: refusing('forbidden-host') }],
    [
      'wrong-version',
      { greet: (socket: WebSocket) => say(socket, { ...welcome, protocol: PROTOCOL_VERSION + 1 }) }
    ],
    [
      'wrong-version',
      {
        greet: (socket: WebSocket) => socket.close(),
        health: () => ({ status: 200, body: { protocol: 99 } })
      }
    ],
    [
      'forbidden',
      { greet: (socket: WebSocket) => socket.close(), health: () => ({ status: 403, body: {} }) }
    ],
    [
      'not-running',
      { greet: (socket: WebSocket) => socket.close(), health: () => ({ status: 500, body: {} }) }
    ]
  ] as const)('knows the cause %s', async (cause, behaviour: Behaviour) => {
    const { client, messages, last } = startClient((await startServer(behaviour)).url)
    client.connect()
    await expect.poll(last).toEqual({ state: 'offline', cause })
    expect(messages).toEqual([])
  })

  it('knows that nothing runs, and connects by itself as soon as something does', async () => {
    const { url, port, stop } = await startServer()
    await stop()
    const { client, last } = startClient(url)
    client.connect()
    await expect.poll(last).toEqual({ state: 'offline', cause: 'not-running' })
    await startServer({ port })
    await expect.poll(last, { timeout: 5000 }).toMatchObject({ state: 'online' })
  })

  it('does not come back after it was ended', async () => {
    const server = await startServer()
    const { client, statuses, last } = startClient(server.url)
    client.connect()
    await expect.poll(last).toMatchObject({ state: 'online' })
    client.disconnect()
    const count = statuses.length
    await new Promise((wait) => setTimeout(wait, 150))
    expect(statuses.length).toBe(count)
    expect(server.heard).toHaveLength(1)
  })
})

describe('a job', () => {
  it('that the server never spoke of is sent again after a reconnect, and one that it did is not', async () => {
    const first = await startServer()
    const { client, messages, last } = startClient(first.url)
    client.connect()
    await expect.poll(last).toMatchObject({ state: 'online' })
    client.generate('job-00000001', request())
    client.generate('job-00000002', request())
    await expect.poll(() => first.heard.length).toBe(3)
    first.broadcast({ type: 'queued', jobId: 'job-00000001', position: 1 })
    await expect.poll(() => messages.length).toBe(2)
    await first.stop()
    await expect.poll(last).toMatchObject({ state: 'offline' })
    const second = await startServer({ port: first.port })
    await expect
      .poll(() => second.heard.map(({ jobId }) => jobId), { timeout: 5000 })
      .toEqual([undefined, 'job-00000002'])
  })
})

describe('pictures', () => {
  const data = Uint8Array.from([0, 1, 254, 255])
  const image: ImageToSend = { width: 2, height: 2, format: 'gray8', data }

  it('are named by their sha256 and sent once', async () => {
    const server = await startServer()
    const { client } = startClient(server.url)
    const ref = await client.describe(image)
    expect(ref.blob).toBe(createHash('sha256').update(data).digest('hex'))
    await client.upload(ref, image)
    await client.upload(ref, image)
    expect(server.requests.map((line) => line.split(' ')[0])).toEqual(['HEAD', 'PUT', 'HEAD'])
    expect([...server.blobs.get(ref.blob)!]).toEqual([...data])
  })

  it('come back whole or not at all', async () => {
    const { client } = startClient((await startServer()).url)
    const ref = await client.describe(image)
    expect([...(await client.pixels('job-00000001', ref))]).toEqual([1, 2, 3, 4])
    await expect(client.pixels('job-00000001', { ...ref, width: 3 })).rejects.toThrow('4 bytes instead of 6')
  })
})

describe('requests', () => {
  it('say who asks', async () => {
    const server = await startServer()
    const { client } = startClient(server.url)
    expect(await client.catalogue()).toEqual(usualModels)
    expect(await client.jobs({ documentId: 'a b', limit: 5 })).toMatchObject([{ id: 'one' }])
    expect(server.requests).toEqual(['GET /api/catalogue', 'GET /api/jobs?document=a%20b&limit=5'])
    for (const sent of server.headers)
      expect(sent).toMatchObject({ authorization: 'Bearer secret', 'x-marquee-client': 'client-00000001' })
  })

  it('fail with what the server says, and with the way out where there is none', async () => {
    const { url, stop } = await startServer()
    const { client } = startClient(url)
    await expect(client.remove('gone')).rejects.toMatchObject({ code: 'not-found', hint: 'Look again.' })
    await stop()
    await expect(client.catalogue()).rejects.toMatchObject({ code: 'not-running' })
  })
})
