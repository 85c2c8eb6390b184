import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, webkit, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pictureOf } from '../plugin/hosts/photoshop/photoshop-case.ts'
import { browserFlags, findBrowser } from '../support/browser.ts'
import { startMarquee, type RunningMarquee } from '../support/marquee.ts'
import { packageInto } from '../support/photoshop/package.ts'
import { runPlugin, type RunningPlugin } from '../support/photoshop/plugin.ts'
import { createSimulator, type Simulator } from '../support/photoshop/simulator.ts'

/** As narrow as the manifest allows the panel to be. */
const size = { width: 240, height: 720 }
const shots = path.resolve(import.meta.dirname, '../../test-results/photoshop')

/** The engines of a webview: Chromium on Windows, WebKit on macOS, where Playwright's is installed. */
const engines: Readonly<Record<string, () => Promise<Browser | null>>> = {
  Chromium: () => {
    const executablePath = process.env.MARQUEE_TEST_BROWSER ?? findBrowser()
    if (executablePath === null) throw new Error('The page needs Chrome, Chromium or Edge.')
    return chromium.launch({ executablePath, args: browserFlags })
  },
  WebKit: () => webkit.launch().catch(() => null)
}

for (const [engine, launch] of Object.entries(engines))
  describe(`the panel's page in ${engine}, 240 pixels wide`, () => {
    const data = mkdtempSync(path.join(tmpdir(), 'marquee-panel-'))
    const troubles: string[] = []
    let browser: Browser | null = null
    let marquee: RunningMarquee
    let simulator: Simulator
    let plugin: RunningPlugin
    let page: Page

    beforeAll(async () => {
      browser = await launch()
      if (browser === null) {
        process.stdout.write(`SKIPPED: the Photoshop panel in ${engine}, which is not installed.\n`)
        return
      }
      packageInto(data)
      marquee = await startMarquee(path.join(data, 'server'))
      simulator = createSimulator()
      plugin = runPlugin(simulator, { bridge: new URL(marquee.url).origin })
      plugin.showPanel()
      page = await browser.newPage({ viewport: size, colorScheme: 'light' })
      page.on('pageerror', (error) => troubles.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error') troubles.push(message.text())
      })
      await page.exposeFunction('toHost', (message: unknown) => plugin.page().post(message))
      // A local page of a plugin has no storage, and the bridge instead of a parent.
      await page.addInitScript(() => {
        Object.defineProperty(window, 'localStorage', {
          get() {
            throw new Error('SecurityError')
          }
        })
        const post = (message: unknown): unknown =>
          Reflect.apply(Reflect.get(window, 'toHost') as () => unknown, window, [message])
        Object.defineProperty(window, 'uxpHost', { value: { postMessage: post } })
      })
      plugin.page().listen((message) => {
        void page.evaluate((told) => window.postMessage(told, '*'), message).catch(() => {})
      })
      await page.goto(pathToFileURL(path.join(data, 'photoshop/plugin/panel.html')).href)
      mkdirSync(shots, { recursive: true })
    })
    afterAll(async () => {
      await browser?.close()
      if (browser !== null) {
        plugin.quit()
        await marquee.stop()
      }
      rmSync(data, { recursive: true, force: true })
    })

    /** What of the page a person cannot see for its right edge lies outside, or for its text is wider than it. */
    const cutOff = () =>
      page.evaluate(() => {
        const shown = [
          ...document.querySelectorAll(
            'button, input:not([type=radio]), textarea, h3, p, label, .marquee-segment, .marquee-panel > *'
          )
        ]
        return shown
          .filter((element) => element.closest('[aria-hidden=true]') === null)
          .filter((element) => {
            const { right, width } = element.getBoundingClientRect()
            const isSegment = element.classList.contains('marquee-segment')
            return (
              (width > 1 && right > innerWidth) || (isSegment && element.scrollWidth > element.clientWidth)
            )
          })
          .map((element) => element.outerHTML.slice(0, 120))
      })
    const shot = (name: string) => page.screenshot({ path: path.join(shots, `${engine}-${name}.png`) })

    it('asks for the code, once, in Photoshop’s colours', async (context) => {
      if (browser === null) return context.skip()
      await page.getByRole('heading', { name: 'Connect this panel to Marquee' }).waitFor()
      expect(await cutOff()).toEqual([])
      await shot('1-pairing')
      const { origin, hash } = new URL(marquee.url)
      const token = new URLSearchParams(hash.slice(1)).get('token') ?? ''
      await page.getByRole('textbox', { name: 'Code' }).fill('ABC-DEF')
      await page.getByRole('button', { name: 'Connect' }).click()
      await page.getByText(/no such code/).waitFor()
      const headers = { authorization: `Bearer ${token}` }
      const reply = await fetch(`${origin}/api/pairing`, { method: 'POST', headers })
      const { code } = (await reply.json()) as { code: string }
      await page.getByRole('textbox', { name: 'Code' }).fill(code)
      await page.getByRole('button', { name: 'Connect' }).click()
      await page.getByText('No document is open').waitFor()
      // The system is light; Photoshop is dark.
      const background = () =>
        page.evaluate(
          () => getComputedStyle(document.querySelector('.marquee-panel') ?? document.body).backgroundColor
        )
      const dark = await background()
      plugin.setTheme('lightest')
      await expect.poll(background).not.toBe(dark)
      plugin.setTheme('darkest')
      await expect.poll(background).toBe(dark)
    })

    it('is typed into without losing a letter, generates, and applies', async (context) => {
      if (browser === null) return context.skip()
      simulator.person.open(pictureOf(128, 96), { isBackground: true })
      simulator.person.select({ x: 30, y: 20, width: 50, height: 40 })
      await page.getByText('Fills the selection, 50 × 40').waitFor()
      const prompt = page.getByRole('textbox', { name: 'Prompt', exact: true })
      await prompt.pressSequentially('a red car on the grass', { delay: 5 })
      await prompt.press('Home')
      await prompt.pressSequentially('look: ', { delay: 5 })
      expect(await prompt.inputValue()).toBe('look: a red car on the grass')
      await page.getByRole('button', { name: 'Generate' }).click()
      await page.getByRole('region', { name: 'Result' }).waitFor({ timeout: 120_000 })
      await page.getByRole('button', { name: 'Variation 2' }).locator('img').waitFor()
      expect(await cutOff()).toEqual([])
      await shot('2-result')
      await page.getByRole('button', { name: 'Variation 2' }).click()
      await page.getByRole('button', { name: 'Apply' }).click()
      await expect.poll(() => simulator.person.front().state.layers.length).toBe(2)
      expect(simulator.person.front().state.layers[0]?.mask).not.toBeNull()
    })

    it('shows everything again after a reload, and a report of diagnostics', async (context) => {
      if (browser === null) return context.skip()
      await page.reload()
      await page.getByRole('button', { name: 'Variation 3' }).locator('img').waitFor()
      expect(await page.getByRole('textbox', { name: 'Prompt', exact: true }).inputValue()).toMatch(/red car/)
      for (const name of ['Settings', 'Diagnostics'])
        await page.getByRole('button', { name, exact: true }).click()
      await page.getByRole('button', { name: 'Run diagnostics' }).click()
      await expect
        .poll(() => page.getByRole('textbox', { name: 'Report' }).inputValue())
        .toMatch(/Is alpha straight/)
      expect(await cutOff()).toEqual([])
      await shot('3-settings')
      expect(troubles).toEqual([])
      expect(simulator.faults()).toEqual([])
    })
  })
