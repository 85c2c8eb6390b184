import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { chromium, type Browser, type Locator, type Page } from 'playwright-core'
import sharp from 'sharp'
import { parseClientMessage } from '../../bridge-server/parse.ts'
import type { GenerateRequest } from '../../bridge-server/protocol/request.ts'
import { fittedView, toScreen } from '../../plugin/hosts/canvas/view-transform.ts'
import { browserFlags, findBrowser } from '../support/browser.ts'

const shots = path.resolve(import.meta.dirname, '../../test-results/story')

/** The picture a person saves: straight RGBA, row by row. */
export interface SavedPicture {
  readonly width: number
  readonly height: number
  readonly data: Buffer
}

interface At {
  readonly x: number
  readonly y: number
}

/** A person at the editor: they see the page, and use mouse and keyboard on it. */
export interface Person {
  readonly page: Page
  /** Every error the page reported. */
  readonly troubles: readonly string[]
  button(name: string): Locator
  tool(name: string): Promise<void>
  /** Drags the mouse between points in document pixels; the view is fitted first. */
  drag(from: At, to: At, via?: readonly At[]): Promise<void>
  canvas(width: number, height: number): void
  save(): Promise<SavedPicture>
  shot(name: string): Promise<void>
  close(): Promise<void>
}

export async function sitDown(
  url: string,
  size = { width: 1360, height: 900 },
  flags: readonly string[] = []
): Promise<Person> {
  const executablePath = process.env.MARQUEE_TEST_BROWSER ?? findBrowser()
  if (executablePath === null) throw new Error('The story needs Chrome, Chromium or Edge.')
  const browser: Browser = await chromium.launch({ executablePath, args: [...browserFlags, ...flags] })
  const context = await browser.newContext({ viewport: size, acceptDownloads: true, colorScheme: 'dark' })
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('pageerror', (error) => troubles.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(message.text())
  })
  await page.goto(url)
  mkdirSync(shots, { recursive: true })
  let extent = { width: 256, height: 256 }

  const onScreen = async (at: At): Promise<At> => {
    const box = await page.getByRole('application').boundingBox()
    if (box === null) throw new Error('The canvas is not on the screen.')
    const point = toScreen(fittedView(extent, { width: box.width, height: box.height }), at)
    return { x: box.x + point.x, y: box.y + point.y }
  }
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true })

  return {
    page,
    troubles,
    button,
    canvas: (width, height) => {
      extent = { width, height }
    },
    tool: async (name) => {
      await page.getByRole('toolbar', { name: 'Tools' }).getByRole('button', { name, exact: true }).click()
    },
    drag: async (from, to, via = []) => {
      await page.getByRole('application').focus()
      await page.keyboard.press('Control+0')
      const [start, ...rest] = await Promise.all([from, ...via, to].map(onScreen))
      if (start === undefined) return
      await page.mouse.move(start.x, start.y)
      await page.mouse.down()
      for (const point of rest) await page.mouse.move(point.x, point.y, { steps: 8 })
      await page.mouse.up()
    },
    save: async () => {
      const download = page.waitForEvent('download')
      await page.getByRole('application').focus()
      await page.keyboard.press('Control+s')
      const file = await (await download).path()
      const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
      return { width: info.width, height: info.height, data }
    },
    shot: async (name) => {
      await page.screenshot({ path: path.join(shots, `${name}.png`) })
    },
    close: () => browser.close()
  }
}

/** The requests that the page sends from now on, as they are sent; loads the page anew. */
export async function requestsOf({ page }: Person): Promise<readonly GenerateRequest[]> {
  const sent: GenerateRequest[] = []
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const parsed = parseClientMessage(String(payload))
      if (parsed.ok && parsed.message.type === 'generate') sent.push(parsed.message.request)
    })
  )
  await page.reload()
  return sent
}

/** Drops a file as the system's file manager does. */
export async function dropFile(
  { page }: Person,
  target: Locator,
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array }
): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ([fileName, content]) => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([new Uint8Array(content)], fileName))
      return transfer
    },
    [name, [...bytes]] as const
  )
  for (const type of ['dragenter', 'dragover', 'drop']) await target.dispatchEvent(type, { dataTransfer })
}

/** Pixels of `area` whose bytes differ. */
export function changedPixels(
  a: SavedPicture,
  b: SavedPicture,
  isInside: (x: number, y: number) => boolean = () => true
): number {
  if (a.width !== b.width || a.height !== b.height)
    throw new Error(`${a.width} × ${a.height} cannot be compared with ${b.width} × ${b.height}`)
  let changed = 0
  for (let i = 0; i < a.width * a.height; i++) {
    if (!isInside(i % a.width, Math.floor(i / a.width))) continue
    const at = i * 4
    if (a.data.compare(b.data, at, at + 4, at, at + 4) !== 0) changed++
  }
  return changed
}
