import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import sharp from 'sharp'

/** One page of WebKit, spoken to as the W3C says (https://www.w3.org/TR/webdriver2): plain HTTP, without a client's library. */
export interface WebKitPage {
  readonly open: (url: string) => Promise<void>
  readonly reload: () => Promise<void>
  /** From here on all that is asked is asked of the frame that matches. */
  readonly enterFrame: (selector: string) => Promise<void>
  readonly leaveFrame: () => Promise<void>
  readonly evaluate: <Given, Found>(work: (given: Given) => Found, given: Given) => Promise<Found>
  /** Presses the mouse in the middle of what matches; scrolls there first. */
  readonly click: (selector: string) => Promise<void>
  /** Types into what has the focus; keys as in the W3C's table (U+E000 and on). */
  readonly type: (text: string) => Promise<void>
  /** A PNG of the top-left corner of the window's page, as it stands on the screen: the driver's own way waits forever for images. */
  readonly shot: (size: { readonly width: number; readonly height: number }) => Promise<Buffer>
  readonly close: () => Promise<void>
}

/** The key under which the protocol names an element. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
/** Milliseconds for the driver to listen. */
const START_WITHIN = 20_000

/** Starts WebKitGTK's MiniBrowser on a display of its own. Rejects where it does not come up. */
export async function openWebKit(): Promise<WebKitPage> {
  const processes: ChildProcess[] = []
  const framebuffer = mkdtempSync(path.join(tmpdir(), 'marquee-screen-'))
  const stop = () => {
    processes.reverse().forEach((child) => child.kill())
    rmSync(framebuffer, { recursive: true, force: true })
  }
  try {
    const options = ['-screen', '0', '1024x1000x24', '-nolisten', 'tcp', '-fbdir', framebuffer]
    const screen = spawn('Xvfb', ['-displayfd', '1', ...options], { stdio: ['ignore', 'pipe', 'ignore'] })
    processes.push(screen)
    const display = await firstLine(screen)
    const port = await freePort()
    const driver = spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
      // No accessibility bus, no graphics card: neither is there on a build machine.
      env: {
        ...process.env,
        ...{
          DISPLAY: `:${display}`,
          GDK_BACKEND: 'x11',
          NO_AT_BRIDGE: '1',
          WEBKIT_DISABLE_DMABUF_RENDERER: '1'
        }
      },
      stdio: 'ignore'
    })
    processes.push(driver)
    const address = `http://127.0.0.1:${port}`
    await listening(address, driver)
    const { sessionId } = (await ask(address, 'POST', '/session', { capabilities: {} })) as {
      readonly sessionId: string
    }
    return await pageOf(`${address}/session/${sessionId}`, path.join(framebuffer, 'Xvfb_screen0'), stop)
  } catch (error) {
    stop()
    throw error
  }
}

async function pageOf(session: string, screen: string, stop: () => void): Promise<WebKitPage> {
  const post = (path: string, body: object = {}) => ask(session, 'POST', path, body)
  const tell = async (path: string, body: object = {}): Promise<void> => {
    await post(path, body)
  }
  await post('/window/rect', { x: 0, y: 0, width: 800, height: 900 })
  const titleHeight = (await post('/execute/sync', {
    script: 'return outerHeight - innerHeight',
    args: []
  })) as number
  async function find(selector: string): Promise<string> {
    const found = (await post('/element', { using: 'css selector', value: selector })) as Record<
      string,
      string
    >
    return found[ELEMENT]!
  }
  return {
    open: async (url) => tell('/url', { url }),
    reload: async () => tell('/refresh'),
    enterFrame: async (selector) => tell('/frame', { id: { [ELEMENT]: await find(selector) } }),
    leaveFrame: async () => tell('/frame', { id: null }),
    evaluate: async <Given, Found>(work: (given: Given) => Found, given: Given) =>
      (await post('/execute/sync', {
        script: `return (${work.toString()})(arguments[0])`,
        args: [given]
      })) as Found,
    click: async (selector) => tell(`/element/${await find(selector)}/click`),
    async type(text) {
      const actions = Array.from(text, (value) => [
        { type: 'keyDown', value },
        { type: 'keyUp', value }
      ]).flat()
      await post('/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] })
    },
    async shot({ width, height }) {
      // What was last changed is on the screen two frames later.
      const script =
        'const [done] = arguments; const twice = (left) => left === 0 ? done() : requestAnimationFrame(() => twice(left - 1)); twice(3)'
      await post('/execute/async', { script, args: [] })
      return shotOf(screen, { left: 0, top: titleHeight, width, height })
    },
    async close() {
      await ask(session, 'DELETE', '').catch(() => {})
      stop()
    }
  }
}

/** A part of the screen, from the file (XWD, in big-endian words) in which Xvfb keeps it: 4 bytes a pixel, blue first. */
function shotOf(
  file: string,
  part: { readonly left: number; readonly top: number; readonly width: number; readonly height: number }
): Promise<Buffer> {
  const dump = readFileSync(file)
  const word = (at: number) => dump.readUInt32BE(at * 4)
  const [headerSize, width, height, bytesPerLine, colors] = [0, 4, 5, 12, 19].map(word) as [
    ...[number, number, number, number, number]
  ]
  const pixels = dump.subarray(headerSize + colors * 12)
  const rgb = Buffer.alloc(width * height * 3)
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 2; channel >= 0; channel--) rgb[to++] = pixels[y * bytesPerLine + x * 4 + channel]!
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .extract(part)
    .png()
    .toBuffer()
}

async function ask(base: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${base}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const { value } = (await response.json()) as { readonly value: unknown }
  if (response.ok) return value
  const { error, message } = value as { readonly error: string; readonly message: string }
  throw new Error(`WebKit's driver, ${method} ${path}: ${error}, ${message}`)
}

async function listening(address: string, driver: ChildProcess): Promise<void> {
  const end = performance.now() + START_WITHIN
  for (;;) {
    const isThere = await ask(address, 'GET', '/status').then(
      () => true,
      () => false
    )
    if (isThere) return
    if (driver.exitCode !== null || performance.now() > end)
      throw new Error('WebKitWebDriver does not listen.')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`Xvfb ended with ${String(code)}.`)))
    if (child.stdout !== null) createInterface(child.stdout).once('line', resolve)
  })
}

/** The driver takes no 0 for a port. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
