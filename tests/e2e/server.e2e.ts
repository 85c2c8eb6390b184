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
import { sitDown, type Person } from './person.ts'

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
