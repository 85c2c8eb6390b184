import { chromium } from 'playwright-core'
import { browserFlags, findBrowser, findWebKit } from '../browser.ts'
import { openWebKit } from '../web-driver.ts'
import type { PageServer } from './page-server.ts'

/** The panel's page in an engine, and what a person and a test do with it. */
export interface EnginePage {
  readonly evaluate: <Given, Found>(work: (given: Given) => Found, given: Given) => Promise<Found>
  /** Presses the mouse in the middle of what matches. */
  readonly click: (selector: string) => Promise<void>
  /** Types into what has the focus. */
  readonly type: (text: string) => Promise<void>
  readonly home: () => Promise<void>
  readonly reload: () => Promise<void>
  /** A PNG of what a person sees. */
  readonly shot: () => Promise<Buffer>
  readonly close: () => Promise<void>
}

interface Size {
  readonly width: number
  readonly height: number
}

/** Null where this computer has not got the engine. */
type OpenEngine = ((served: PageServer, size: Size) => Promise<EnginePage>) | null

/** The engines of a webview: Chromium on Windows, WebKit on macOS. */
export const engines = (): Readonly<Record<string, OpenEngine>> => ({
  Chromium: chromiumAt(process.env.MARQUEE_TEST_BROWSER ?? findBrowser()),
  WebKit: findWebKit() ? inWebKit : null
})

const chromiumAt = (executablePath: string | null): OpenEngine =>
  executablePath === null
    ? null
    : async ({ url }, viewport) => {
        const browser = await chromium.launch({ executablePath, args: browserFlags })
        // The system is light; whether Photoshop is, the plugin says.
        const page = await browser.newPage({ viewport, colorScheme: 'light' })
        await page.goto(url)
        return {
          evaluate: (work, given) => page.evaluate(`(${work.toString()})(${JSON.stringify(given)})`),
          click: (selector) => page.locator(selector).click(),
          type: (text) => page.keyboard.type(text),
          home: () => page.keyboard.press('Home'),
          reload: async () => {
            await page.reload()
          },
          shot: () => page.screenshot(),
          close: () => browser.close()
        }
      }

/** No window of MiniBrowser is as narrow as a panel, so the page is in a frame that is. */
async function inWebKit(served: PageServer, size: Size): Promise<EnginePage> {
  const page = await openWebKit()
  const frame = 'iframe'
  await page.open(served.framed(size))
  await page.enterFrame(frame)
  return {
    evaluate: page.evaluate,
    click: page.click,
    type: page.type,
    home: () => page.type('\uE011'),
    async reload() {
      await page.leaveFrame()
      await page.reload()
      await page.enterFrame(frame)
    },
    shot: () => page.shot(size),
    close: page.close
  }
}
