import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entryOf } from '../support/downloads.ts'
import { startMarquee, type RunningMarquee } from '../support/marquee.ts'
import { startMirror, type Mirror } from '../support/mirror.ts'
import { vaeBytes } from '../support/model-bytes.ts'
import { changedPixels, sitDown, type Person } from './person.ts'

/** What a person sees of the server: how it is, who may use it, downloads, and what is left when it dies. */
describe('the server, from the panel', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-server-'))
  let marquee: RunningMarquee
  let person: Person
  let mirror: Mirror

  beforeAll(async () => {
    mirror = await startMirror(vaeBytes)
    mkdirSync(folder, { recursive: true })
    const tampered = randomBytes(vaeBytes.length)
    const entries = [
      entryOf(vaeBytes, [`${mirror.url}/good`], {
        id: 'good',
        kind: 'vae',
        name: 'A good VAE',
        file: 'good.safetensors'
      }),
      entryOf(tampered, [`${mirror.url}/tampered`], {
        id: 'tampered',
        name: 'A tampered model',
        file: 'tampered.safetensors'
      })
    ]
    writeFileSync(path.join(folder, 'catalogue.json'), JSON.stringify({ version: 1, entries }))
    marquee = await startMarquee(folder)
    person = await sitDown(marquee.url, { width: 1200, height: 1000 })
    await person.button('Generate').waitFor()
  })
  afterAll(async () => {
    await person.close()
    await marquee.stop()
    await mirror.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const api = (method: string, address: string, body?: object) => {
    const { origin, hash } = new URL(marquee.url)
    return fetch(origin + address, {
      method,
      headers: { authorization: `Bearer ${hash.replace('#token=', '')}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
  }

  it('shows how the server is, and lets a device in no more', async () => {
    await api('POST', '/api/tokens', { name: 'The tablet in the kitchen' })
    await person.button('Server').click()
    await person.page.getByText('The tablet in the kitchen').waitFor()
    await person.page.getByText(/free of/).waitFor()
    await person.shot('40-server')
    await person.button('Let The tablet in the kitchen in no more').click()
    await person.page.getByText('The tablet in the kitchen').waitFor({ state: 'detached' })
    expect(await (await api('GET', '/api/tokens')).json()).toEqual({ tokens: [] })
  })

  it('opens the description of the API, which needs nothing from elsewhere', async () => {
    const opening = person.page.context().waitForEvent('page')
    await person.page.getByRole('link', { name: /How programs talk/ }).click()
    const docs = await opening
    const troubles: string[] = []
    docs.on('console', (message) => troubles.push(message.text()))
    await docs.getByRole('heading', { name: 'The socket' }).waitFor()
    await docs.screenshot({ path: path.resolve(import.meta.dirname, '../../test-results/story/41-docs.png') })
    expect(troubles).toEqual([])
    await docs.close()
  })

  it('pauses a download, goes on, cancels in the same breath; what is not what it should be is not installed', async () => {
    const { page } = person
    let isSlow = true
    mirror.misbehaves(async () => {
      while (isSlow) await new Promise((resolve) => setTimeout(resolve, 20))
      return false
    })
    await person.button('Settings').click()
    await person.button('Download').first().click()
    await person.button('Download A good VAE').click()
    await person.button('Pause A good VAE').click()
    await person.button('Go on A good VAE').waitFor()
    await person.button('Go on A good VAE').click()
    await person.button('Cancel A good VAE').click()
    await person.button('Download A good VAE').click()
    isSlow = false
    await person.button('Remove A good VAE').waitFor({ timeout: 30_000 })
    await person.button('Download A tampered model').click()
    await person.button('Go on A tampered model').waitFor({ timeout: 30_000 })
    await page.getByLabel('A tampered model', { exact: true }).scrollIntoViewIfNeeded()
    await person.shot('42-download-failed')
    const files = readdirSync(path.join(folder, 'models'), { recursive: true }).map(String)
    expect(files.filter((name) => name.endsWith('.safetensors')).map((name) => path.basename(name))).toEqual([
      'good.safetensors'
    ])
    await person.button('Cancel A tampered model').click()
    await person.button('Close').click()
    await person.button('Settings').click()
  })

  const steps = async (count: number) => {
    await person.button('Settings').click()
    const field = person.page.getByRole('textbox', { name: 'Steps' })
    await field.fill(String(count))
    await field.blur()
    await person.button('Settings').click()
  }

  it('brings back a job whose engine was killed, and says so', async () => {
    await steps(30)
    await person.page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red boat')
    await person.button('Generate').click()
    await person.page.getByText(/^Step \d+ of/).waitFor({ timeout: 60_000 })
    const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(marquee.process.pid)], {
      encoding: 'utf8'
    })
    const engine = children.split('\n').find((line) => line.includes('engine-process'))
    process.kill(Number.parseInt(engine ?? '', 10), 'SIGKILL')
    await person.page.getByText(/ended unasked once.*SIGKILL/).waitFor({ timeout: 30_000 })
    await person.button('Apply').waitFor({ timeout: 120_000 })
    await person.shot('43-engine-killed')
    await person.button('Discard').click()
  })

  it('brings back a job whose server was killed, without a word from the person', async () => {
    await person.button('Generate').click()
    await person.page.getByText(/^Step \d+ of/).waitFor({ timeout: 60_000 })
    const { port } = new URL(marquee.url)
    const gone = new Promise((resolve) => marquee.process.once('exit', resolve))
    marquee.process.kill('SIGKILL')
    await gone
    marquee = await startMarquee(folder, ['--port', port])
    await person.button('Apply').waitFor({ timeout: 120_000 })
    expect(await person.button('Apply').count()).toBe(1)
    await person.shot('44-server-killed')
  })
})

/** The page of a server on another computer, without TLS: there browsers keep locks, digests and random ids to themselves. */
describe('from another computer', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-elsewhere-'))
  let marquee: RunningMarquee
  let person: Person

  beforeAll(async () => {
    marquee = await startMarquee(folder, ['--listen', '0.0.0.0', '--insecure'])
    const { hostname } = new URL(marquee.url)
    const flags = [`--host-resolver-rules=MAP ${hostname} 127.0.0.1`]
    person = await sitDown(marquee.url, { width: 1200, height: 1000 }, flags)
    await person.page.getByRole('application', { name: /Canvas of Moon and rocket/ }).waitFor()
  })
  afterAll(async () => {
    await person.close()
    await marquee.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('makes a picture of what lies under the marquee, and finds it there after the page is loaded anew', async () => {
    expect(await person.page.evaluate('isSecureContext')).toBe(false)
    const before = await person.save()
    await person.tool('Rectangular marquee')
    await person.drag({ x: 64, y: 64 }, { x: 192, y: 192 })
    await person.page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red circle')
    await person.button('Generate').click()
    await person.button('Apply').click()
    await person.page.getByRole('button', { name: 'Edit mask of a red circle' }).waitFor()
    const made = await person.save()
    expect(changedPixels(before, made)).toBeGreaterThan(1000)
    await person.shot('another-computer')
    await person.page.reload()
    await person.page.getByRole('application', { name: /Canvas of Moon and rocket/ }).waitFor()
    expect(changedPixels(made, await person.save())).toBe(0)
    await person.tool('Brush')
    await person.drag({ x: 70, y: 80 }, { x: 180, y: 100 })
    expect(changedPixels(made, await person.save())).toBeGreaterThan(500)
  })

  it('keeps the documents of two tabs apart', async () => {
    const second = await person.page.context().newPage()
    await second.goto(marquee.url)
    await second.getByRole('button', { name: 'Generate', exact: true }).waitFor()
    const [one, two] = await Promise.all(
      [person.page, second].map((page) => page.evaluate('sessionStorage.getItem("marquee.document-slot")'))
    )
    expect(one).not.toBe(two)
    const isOdd = (trouble: string): boolean => !trouble.startsWith('Failed to load resource')
    expect(person.troubles.filter(isOdd)).toEqual([])
  })
})
