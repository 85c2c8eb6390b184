import { createServer } from 'node:http'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { startBridge, testToken } from '../../../support/bridge.ts'
import type { Knobs } from '../../../support/photoshop/knobs.ts'
import type { NetworkKnobs } from '../../../support/photoshop/network.ts'
import { nothingKept, runPlugin, type Kept } from '../../../support/photoshop/plugin.ts'
import { createSimulator } from '../../../support/photoshop/simulator.ts'
import { pictureOf } from './photoshop-case.ts'

const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

interface Started {
  readonly bridge: string
  readonly knobs?: Partial<Knobs>
  readonly network?: Partial<NetworkKnobs>
  readonly kept?: Kept
}

/** The plugin over a simulated Photoshop with its panel open. */
function start({ bridge, knobs = {}, network = {}, kept = nothingKept() }: Started) {
  const simulator = createSimulator(knobs)
  const plugin = runPlugin(simulator, { bridge, network, kept })
  plugin.showPanel()
  const panel = plugin.loadPage()
  cleanUps.push(() => {
    plugin.quit()
    expect(simulator.faults()).toEqual([])
  })
  const shows = (connection: object) =>
    expect.poll(() => panel.store.getState().connection, { timeout: 10_000 }).toMatchObject(connection)
  return { ...simulator, plugin, panel, kept, shows }
}

/** The real server, with nothing that could make a picture. */
async function startServer(): Promise<string> {
  const bridge = await startBridge({ run: () => () => Promise.reject(new Error('No engine here')) })
  onTestFinished(() => bridge.close())
  return bridge.url
}

const paired = (): Kept => ({ local: new Map(), secret: new Map([['marquee.token', testToken]]) })

describe('the panel says why there is no connection', () => {
  it('nothing runs there', async () => {
    await start({ bridge: 'http://localhost:1' }).shows({ state: 'offline', cause: 'not-running' })
  })

  it('the key is missing or wrong; the link that the server prints is a way in, and is asked for once', async () => {
    const bridge = await startServer()
    const kept = nothingKept()
    const { shows, panel } = start({ bridge, kept })
    await shows({ state: 'offline', cause: 'wrong-token' })
    await panel.pair('x'.repeat(32))
    await shows({ state: 'offline', cause: 'wrong-token' })
    await panel.pair(`http://localhost:7421/#token=${testToken}`)
    await shows({ state: 'online' })
    await start({ bridge, kept }).shows({ state: 'online' })
  })

  it('another version speaks there', async () => {
    const other = createServer((_request, response) => response.end('{"name":"marquee","protocol":999}'))
    other.listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await new Promise((listening) => other.once('listening', listening))
    const address = other.address()
    if (typeof address !== 'object' || address === null) throw new Error('The server has no port')
    const { shows } = start({ bridge: `http://127.0.0.1:${address.port}` })
    await shows({ state: 'offline', cause: 'wrong-version' })
  })

  it('Photoshop itself denies the address', async () => {
    const network = { domains: [], expectedDenials: ['http://localhost:7421', 'ws://localhost:7421'] }
    await start({ bridge: 'http://localhost:1', network }).shows({ state: 'offline', cause: 'forbidden' })
  })
})

describe('what Photoshop does otherwise in some versions', () => {
  it('denies the first attempt after its start, and closes sockets late', async () => {
    const bridge = await startServer()
    const network = { deniesFirst: true, closeDelay: 500 }
    const { shows, plugin } = start({ bridge, network, kept: paired() })
    await shows({ state: 'online' })
    plugin.network.setDown(true)
    await shows({ state: 'offline' })
    plugin.network.setDown(false)
    await shows({ state: 'online' })
  })

  it('tells its theme by its brightness, and nothing about changes', async () => {
    const bridge = await startServer()
    const knobs = { theme: 'brightness', notifies: false } as const
    const { panel, plugin, person } = start({ bridge, knobs, kept: paired() })
    plugin.setTheme('lightest')
    await expect.poll(() => panel.theme.getState(), { timeout: 5000 }).toBe('light')
    person.open(pictureOf(20, 10))
    await expect.poll(() => panel.store.getState().document?.canvas).toEqual({ width: 20, height: 10 })
    person.select({ x: 1, y: 1, width: 4, height: 4 })
    await expect
      .poll(() => panel.store.getState().document?.selection)
      .toEqual({ x: 1, y: 1, width: 4, height: 4 })
    person.close()
    await expect.poll(() => panel.store.getState().document).toBeNull()
  })
})

it('looks at a document as soon as Photoshop is free again, and bothers nobody before', async () => {
  const bridge = await startServer()
  const { panel, person, world } = start({ bridge, kept: paired() })
  world.busyWith = 'Free Transform'
  person.open(pictureOf(20, 10))
  person.select({ x: 1, y: 1, width: 4, height: 4 })
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(panel.store.getState().notice).toBeNull()
  world.busyWith = null
  await expect
    .poll(() => panel.store.getState().document?.selection)
    .toEqual({ x: 1, y: 1, width: 4, height: 4 })
})

it('settings stay while Photoshop is closed', async () => {
  const kept = nothingKept()
  const first = start({ bridge: 'http://localhost:1', kept })
  await first.shows({ state: 'offline' })
  first.panel.actions.change({ prompt: 'a red car', count: 5 })
  await expect.poll(() => kept.local.get('marquee.settings')).toMatch(/a red car/)
  const second = start({ bridge: 'http://localhost:1', kept })
  await second.shows({ state: 'offline' })
  expect(second.panel.store.getState().settings).toMatchObject({ prompt: 'a red car', count: 5 })
})
