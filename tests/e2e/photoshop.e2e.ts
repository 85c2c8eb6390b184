import path from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pictureOf } from '../plugin/hosts/photoshop/photoshop-case.ts'
import { canInstall } from '../support/browser.ts'
import { startMarquee, type RunningMarquee } from '../support/marquee.ts'
import { runBuilt } from '../support/photoshop/built-script.ts'
import { engines, type EnginePage } from '../support/photoshop/engines.ts'
import { cutOffIn } from '../support/photoshop/look.ts'
import { packagedPlugin } from '../support/photoshop/package.ts'
import { servePage, type PageServer } from '../support/photoshop/page-server.ts'
import { runPlugin, type RunningPlugin } from '../support/photoshop/plugin.ts'
import { createSimulator, type Simulator } from '../support/photoshop/simulator.ts'
import { writePocketExtras } from '../support/pocket-extras.ts'

/** As narrow as the manifest allows the panel to be. */
const size = { width: 240, height: 720 }
const dist = packagedPlugin()

/**
 * The packaged page and the packaged script, the real server, engine and model; only Photoshop is simulated, and the webview
 * around the page is a window of the engine with its bridge.
 */
for (const [engine, openIn] of Object.entries(engines()))
  describe(`the panel's page in ${engine}, 240 pixels wide`, () => {
    if (openIn === null) {
      it('cannot be tried, for the engine is not installed', (context) => {
        const mustRun = process.env.CI === 'true' && canInstall()
        expect(mustRun, `${engine} could be installed here, and CI must try it`).toBe(false)
        process.stdout.write(`SKIPPED: the Photoshop panel in ${engine}, which is not installed.\n`)
        context.skip()
      })
      return
    }
    let marquee: RunningMarquee
    let simulator: Simulator
    let plugin: RunningPlugin
    let served: PageServer
    let page: EnginePage

    beforeAll(async () => {
      const models = path.join(dist.folder, `${engine}-models`)
      writePocketExtras(models)
      await sharp({ create: { width: 300, height: 400, channels: 3, background: '#3377cc' } }).toFile(
        path.join(models, 'pocket-ink.png')
      )
      marquee = await startMarquee(path.join(dist.folder, engine), ['--models', models])
      simulator = createSimulator()
      plugin = runPlugin(simulator, {
        bridge: new URL(marquee.url).origin,
        start: runBuilt(dist.read('host.js'))
      })
      plugin.showPanel()
      served = await servePage(dist.read('panel.html'), plugin.page())
      page = await openIn(served, size)
    })
    afterAll(async () => {
      await page.close()
      served.close()
      plugin.quit()
      await marquee.stop()
    })

    /** Everything that is shown with this accessible name, as a selector; empty where nothing is. */
    const marked = (selector: string, name: string): Promise<string> =>
      page.evaluate(
        (wanted) => {
          const nameOf = (element: Element): string => {
            const labels = (element.getAttribute('aria-labelledby') ?? '').split(' ')
            const texts = labels.map((id) => document.getElementById(id)?.textContent ?? '')
            return (
              element.getAttribute('aria-label') ??
              (texts.join(' ').trim() || element.textContent)
            ).trim()
          }
          document.querySelectorAll('[data-found]').forEach((old) => old.removeAttribute('data-found'))
          const found = [...document.querySelectorAll(wanted.selector)].find(
            (element) =>
              element.closest('[aria-hidden=true]') === null &&
              element.getBoundingClientRect().width > 0 &&
              nameOf(element) === wanted.name
          )
          found?.setAttribute('data-found', '')
          return found === undefined ? '' : '[data-found]'
        },
        { selector, name }
      )
    async function shown(selector: string, name: string, timeout = 20_000): Promise<string> {
      await expect
        .poll(() => marked(selector, name), { timeout, message: `${selector} “${name}”` })
        .not.toBe('')
      return '[data-found]'
    }
    const press = async (name: string) => page.click(await shown('button:not([disabled])', name))
    /** Chooses of a menu, and waits until the page is free again. */
    const choose = async (name: string) => {
      await page.click(await shown('[role=menuitemradio]', name))
      const open = () => page.evaluate(() => document.querySelectorAll('[role=menu]').length, null)
      await expect.poll(open).toBe(0)
    }
    /** Scrolls to it. */
    const reveal = async (selector: string, name: string) => {
      await shown(selector, name)
      await page.evaluate(() => document.querySelector('[data-found]')?.scrollIntoView(), null)
    }
    const field = 'input, textarea'
    const valueOf = async (name: string) => {
      await shown(field, name)
      return page.evaluate(() => document.querySelector<HTMLInputElement>('[data-found]')?.value ?? '', null)
    }
    /** The words that are shown. */
    const seen = () => page.evaluate(() => document.body.innerText, null)
    const says = (text: string | RegExp, timeout = 20_000) =>
      expect.poll(() => seen(), { timeout }).toMatch(text)
    const pictures = () =>
      page.evaluate(
        () =>
          [...document.querySelectorAll('img')].filter((image) => image.complete && image.naturalWidth > 0)
            .length,
        null
      )

    const look = async (name: string) =>
      expect(await cutOffIn(page, size.width, `${engine}-${name}`)).toEqual([])

    it('asks for the code, once, in Photoshop’s colours', async () => {
      await shown('h3', 'Connect this panel to Marquee')
      await look('1-pairing')
      const { origin, hash } = new URL(marquee.url)
      const token = new URLSearchParams(hash.slice(1)).get('token') ?? ''
      await page.click(await shown(field, 'Code'))
      await page.type('ABC-DEF')
      await press('Connect')
      await says(/no such code/)
      const headers = { authorization: `Bearer ${token}` }
      const reply = await fetch(`${origin}/api/pairing`, { method: 'POST', headers })
      const { code } = (await reply.json()) as { code: string }
      // Ctrl+V may go to Photoshop, so there is a button.
      plugin.setClipboard(` ${code}\n`)
      await press('Paste')
      await expect.poll(() => valueOf('Code')).toBe(code)
      await press('Connect')
      await says('No document is open')
      const background = () =>
        page.evaluate(
          () => getComputedStyle(document.querySelector('.marquee-panel') ?? document.body).backgroundColor,
          null
        )
      const dark = await background()
      plugin.setTheme('lightest')
      await expect.poll(background).not.toBe(dark)
      await look('2-light')
      plugin.setTheme('darkest')
      await expect.poll(background).toBe(dark)
    })

    it('is typed into without losing a letter, generates, and applies', async () => {
      simulator.person.open(pictureOf(128, 96), { isBackground: true })
      simulator.person.select({ x: 30, y: 20, width: 50, height: 40 })
      await says('Fills the selection, 50 × 40')
      await page.click(await shown(field, 'Prompt'))
      await page.type('a red car on the grass')
      await page.home()
      await page.type('look: ')
      expect(await valueOf('Prompt')).toBe('look: a red car on the grass')
      await press('Generate')
      await shown('button', 'Variation 3', 120_000)
      await expect.poll(pictures).toBeGreaterThanOrEqual(3)
      await look('3-result')
      await press('Variation 2')
      await press('Apply')
      await expect.poll(() => simulator.person.front().state.layers.length).toBe(2)
      expect(simulator.person.front().state.layers[0]?.mask).not.toBeNull()
    })

    it('shows everything again after a reload, and a report of diagnostics', async () => {
      await page.reload()
      await shown('button', 'Variation 3')
      await expect.poll(pictures).toBeGreaterThanOrEqual(3)
      expect(await valueOf('Prompt')).toBe('look: a red car on the grass')
      await press('Settings')
      await look('4-settings')
      await press('Advanced')
      await reveal('[role=group]', 'Second pass')
      await look('4-second-pass')
      await reveal('[role=group]', 'Edges of the selection')
      await look('4-edges')
      await press('Settings')
      await press('Server')
      await says(/Memory/)
      await reveal('button', 'Server')
      await look('5-server')
      await press('Server')
      await press('All intents')
      await choose('Upscale')
      await reveal('button', 'Upscale')
      await look('5-upscale')
      await press('All intents')
      await choose('Generate')
      await press('Diagnostics')
      await press('Run diagnostics')
      await expect.poll(() => valueOf('Report')).toMatch(/Is alpha straight/)
      await look('5-diagnostics')
    })

    it('shows the picture that lies beside a LoRA', async () => {
      const before = await pictures()
      await press('Add LoRA or embedding')
      await shown('h2', 'Add to the prompt')
      await expect.poll(pictures).toBe(before + 1)
      await look('5-networks')
      await press('Close')
    })

    it('says that the server is gone, and is there again when it is', async () => {
      plugin.network.setDown(true)
      await says('Marquee’s server is not running')
      await look('6-offline')
      plugin.network.setDown(false)
      await says('Fills the selection, 50 × 40')
      await expect.poll(() => seen()).not.toMatch(/server is not running/)
    })

    it('did nothing that a webview forbids, and broke no rule of Photoshop’s', () => {
      expect(served.troubles).toEqual([])
      expect(simulator.faults()).toEqual([])
    })
  })
