import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { pino } from 'pino'
import { afterEach, expect, it } from 'vitest'
import { buildApp } from '../../../bridge-server/server/app.ts'
import { defaultLimits } from '../../../bridge-server/server/limits.ts'
import { listen } from '../../../bridge-server/server/listen.ts'
import { noDownloads, noModels, openSocket, startBridge } from '../../support/bridge.ts'

const access = { host: null, tls: null }
const closings: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closings.splice(0)) await close()
})

const neverRun = () => () => Promise.reject(new Error('no job is expected'))

const started = async () => {
  const bridge = await startBridge({ run: neverRun })
  closings.push(bridge.close)
  return bridge
}

const second = async (port: number) => {
  const { queue, blobs, store, data } = await started()
  const app = await buildApp({
    ...{ queue, blobs, store, port, dataFolder: data },
    previews: {
      put: () => ({ blob: '', width: 1, height: 1, format: 'rgba8' }),
      get: () => null,
      drop: () => undefined
    },
    ...{ access, limits: defaultLimits },
    tokens: {
      holderOf: () => null,
      add: () => ({ id: '', token: '' }),
      list: () => [],
      revoke: () => undefined,
      onRevoke: () => () => undefined
    },
    version: '',
    device: () => '',
    engine: () => ({ state: 'asleep', starts: 0, ends: [] }),
    compute: () => ({ device: null, memory: null, networks: [] }),
    catalogue: () => Promise.reject(new Error('no call is expected')),
    models: noModels,
    extensionPicture: () => Promise.reject(new Error('no call is expected')),
    downloads: noDownloads,
    readPrompt: () => Promise.reject(new Error('no call is expected')),
    annotate: () => Promise.reject(new Error('no call is expected')),
    pageFolder: 'nowhere',
    log: pino({ level: 'silent' })
  })
  closings.push(() => app.close())
  return listen(app, { port, access, limits: defaultLimits })
}

it('says that the port is taken by another Marquee, and where', async () => {
  const { port } = await started()
  await expect(second(port)).rejects.toMatchObject({
    code: 'port-in-use',
    message: `Another Marquee already serves at http://localhost:${port}/.`
  })
})

it('says that the port is taken by another program', async () => {
  const other = createServer((_request, response) => response.end('hello'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  closings.push(() => other.close())
  const { port } = other.address() as AddressInfo
  await expect(second(port)).rejects.toMatchObject({
    code: 'port-in-use',
    message: `Port ${port} is taken by another program.`
  })
})

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1')
)

it.skipIf(!hasIpv6)('serves requests and sockets on ::1 too', async () => {
  const { port } = await started()
  expect((await fetch(`http://[::1]:${port}/api/health`)).status).toBe(200)
  expect((await fetch(`http://127.0.0.1:${port}/api/health`)).status).toBe(200)
  const socket = await openSocket(port, 'client-of-tests', '[::1]')
  await socket.hello()
  expect(socket.messages[0]?.type).toBe('welcome')
  socket.close()
})

/** Every address of 127.0.0.0/8 is this computer's only on Linux. */
it.skipIf(process.platform !== 'linux')('serves localhost also where it listens for others', async () => {
  for (const host of ['127.0.0.2', '0.0.0.0']) {
    const bridge = await startBridge({ run: neverRun, access: { host, tls: null } })
    closings.push(bridge.close)
    for (const name of ['127.0.0.1', ...(hasIpv6 ? ['[::1]'] : [])])
      expect((await fetch(`http://${name}:${bridge.port}/api/health`)).status, `${host}, ${name}`).toBe(200)
  }
})
