import { createServer, request } from 'node:http'
import { connect, type AddressInfo } from 'node:net'

/** A proxy for http and, by CONNECT, for anything; with credentials it lets nobody through without them. */
export async function startProxy(credentials: string | null) {
  const passed: string[] = []
  const wanted = credentials === null ? null : `Basic ${Buffer.from(credentials).toString('base64')}`
  const server = createServer((asked, response) => {
    if (wanted !== null && asked.headers['proxy-authorization'] !== wanted) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end()
      return
    }
    passed.push(asked.url ?? '')
    const headers = { ...asked.headers }
    delete headers['proxy-authorization']
    const onward = request(asked.url ?? '', { method: asked.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    asked.pipe(onward)
  })
  server.on('connect', (asked, socket) => {
    socket.on('error', () => undefined)
    if (wanted !== null && asked.headers['proxy-authorization'] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      return
    }
    passed.push(asked.url ?? '')
    const [host, port] = (asked.url ?? '').split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    onward.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    passed,
    url: (login: string | null) => `http://${login === null ? '' : `${login}@`}127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      })
  }
}
