import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers a request itself and returns true, or leaves it to the file. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>

/** A server of one file at every path, with ranges and an ETag, which can be told to misbehave. */
export async function startMirror(given: Buffer) {
  let file = given
  let etag = etagOf(file)
  let misbehave: Misbehaviour = () => false
  const requests: {
    readonly url: string
    readonly range: string
    readonly headers: IncomingMessage['headers']
  }[] = []

  const server = createServer((request, response) => {
    response.on('error', () => undefined)
    requests.push({ url: request.url ?? '', range: request.headers.range ?? '', headers: request.headers })
    void (async () => {
      if (await misbehave(request, response)) return
      serve(request, response, { file, etag })
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    requests,
    url: `http://127.0.0.1:${port}/model`,
    misbehaves: (how: Misbehaviour) => {
      misbehave = how
    },
    /** Another file from now on. */
    changes: (next: Buffer, tag = etagOf(next)) => {
      file = next
      etag = tag
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      })
  }
}

export type Mirror = Awaited<ReturnType<typeof startMirror>>

const etagOf = (file: Buffer): string => `"${createHash('sha1').update(file).digest('hex')}"`

interface Served {
  readonly file: Buffer
  readonly etag: string
}

/** As a plain file server does it: RFC 9110, sections 13.1.5 and 14. */
export function serve(request: IncomingMessage, response: ServerResponse, { file, etag }: Served): void {
  const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const condition = request.headers['if-range']
  if (start === undefined || (condition !== undefined && condition !== etag)) {
    response.writeHead(200, { etag, 'content-length': file.length, 'accept-ranges': 'bytes' }).end(file)
    return
  }
  const from = Number(start)
  const to = end === '' || end === undefined ? file.length : Math.min(file.length, Number(end) + 1)
  if (from >= file.length) {
    response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end()
    return
  }
  response
    .writeHead(206, {
      etag,
      'content-length': to - from,
      'content-range': `bytes ${from}-${to - 1}/${file.length}`
    })
    .end(file.subarray(from, to))
}
