import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runBuilt } from '../support/photoshop/built-script.ts'
import { engines } from '../support/photoshop/engines.ts'
import { cutOffIn } from '../support/photoshop/look.ts'
import { packagedPlugin } from '../support/photoshop/package.ts'
import { servePage } from '../support/photoshop/page-server.ts'
import { runPlugin } from '../support/photoshop/plugin.ts'
import { createSimulator } from '../support/photoshop/simulator.ts'

const size = { width: 240, height: 720 }
const dist = packagedPlugin()

/** A server on a port of its own that gives every request the same answer, closed with the test. */
async function answering(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

interface Trouble {
  readonly name: string
  readonly bridge: () => Promise<string>
  readonly denied?: boolean
  readonly says: string
  readonly remedy: RegExp
}

const nobody = () => Promise.resolve('http://localhost:1')
const troubles: readonly Trouble[] = [
  {
    name: 'not-running',
    bridge: nobody,
    says: 'Marquee’s server is not running',
    remedy: /Start it with “npm start”/
  },
  {
    name: 'wrong-version',
    bridge: () => answering(200, '{"name":"marquee","protocol":999}'),
    says: 'Panel and server are of different versions',
    remedy: /“npm run package”/
  },
  {
    name: 'blocked-by-server',
    bridge: () => answering(403, '{}'),
    says: 'Photoshop or the server blocks the connection',
    remedy: /port 7421/
  },
  {
    name: 'blocked-by-photoshop',
    bridge: nobody,
    denied: true,
    says: 'Photoshop or the server blocks the connection',
    remedy: /Load it anew; Reload is not enough/
  }
]

for (const [engine, openIn] of Object.entries(engines()))
  describe.runIf(openIn !== null)(`why there is no connection, in ${engine}`, () => {
    it.each(troubles)('$name', async ({ name, bridge, denied = false, says, remedy }) => {
      const simulator = createSimulator()
      const plugin = runPlugin(simulator, {
        bridge: await bridge(),
        start: runBuilt(dist.read('host.js')),
        ...(denied
          ? { network: { domains: [], expectedDenials: ['http://localhost:7421', 'ws://localhost:7421'] } }
          : {})
      })
      onTestFinished(() => plugin.quit())
      plugin.showPanel()
      const served = await servePage(dist.read('panel.html'), plugin.page())
      onTestFinished(() => served.close())
      const page = await openIn!(served, size)
      onTestFinished(() => page.close())
      const seen = () => page.evaluate(() => document.body.innerText.replace(/\s+/g, ' '), null)
      await expect.poll(seen, { timeout: 20_000 }).toContain(says)
      expect(await seen()).toMatch(remedy)
      expect(await cutOffIn(page, size.width, `${engine}-offline-${name}`)).toEqual([])
      expect(simulator.faults()).toEqual([])
    })
  })
