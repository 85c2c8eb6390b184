import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startMarquee, type RunningMarquee } from '../support/marquee.ts'
import { changedPixels, sitDown, type Person } from './person.ts'

/** What cannot work is said in a sentence with a way out; nothing is lost, and everything else goes on. */
describe('bad input', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-bad-input-'))
  const models = path.join(folder, 'models')
  let marquee: RunningMarquee
  let person: Person

  beforeAll(async () => {
    mkdirSync(models)
    const weights = path.resolve(
      import.meta.dirname,
      '../../models/pocket/unet/diffusion_pytorch_model.safetensors'
    )
    writeFileSync(path.join(models, 'half.safetensors'), readFileSync(weights).subarray(0, 8_000_000))
    marquee = await startMarquee(path.join(folder, 'data'), ['--models', models])
    person = await sitDown(marquee.url)
    await person.page.getByRole('application', { name: /Canvas of Moon and rocket/ }).waitFor()
    await person.button('Generate').waitFor()
  })
  afterAll(async () => {
    await person.close()
    await marquee.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const opening = async (name: string, bytes: Uint8Array): Promise<void> => {
    const file = path.join(folder, name)
    writeFileSync(file, bytes)
    const chooser = person.page.waitForEvent('filechooser')
    await person.page.getByRole('application').focus()
    await person.page.keyboard.press('Control+o')
    await (await chooser).setFiles(file)
  }
  const picture = (width: number, height: number): Promise<Buffer> =>
    sharp({ create: { width, height, channels: 3, background: '#884422' } })
      .png()
      .toBuffer()
  const said = (sentence: RegExp) => person.page.getByText(sentence).first().waitFor()

  it('refuses broken pictures and keeps the document that is open', async () => {
    const before = await person.save()
    const whole = await picture(600, 400)
    await opening('half.png', whole.subarray(0, whole.length / 2))
    await said(/“half\.png” is damaged; its 600 × 400 pixels cannot be read/)
    await opening('nothing.png', new Uint8Array())
    await said(/“nothing\.png” is not a PNG, JPEG or WebP picture/)
    await said(/Save it as PNG and open that/)
    await person.page.getByRole('application', { name: /Canvas of Moon and rocket/ }).waitFor()
    expect(changedPixels(before, await person.save())).toBe(0)
  })

  it('refuses a document of 30,000 pixels with the number that is too large, and the one that is allowed', async () => {
    await opening('wide.png', await picture(30_000, 2))
    await said(/30000 × 2 pixels is too large; an edge may have up to 16384 pixels/)
    await said(/Make the picture smaller/)
  })

  it('says so where no pixel is selected', async () => {
    await person.page.getByRole('application').focus()
    await person.page.keyboard.press('Control+a')
    await person.tool('Rectangular marquee')
    await person.page.keyboard.down('Alt')
    await person.drag({ x: -5, y: -5 }, { x: 261, y: 261 })
    await person.page.keyboard.up('Alt')
    await said(/No pixel is selected/)
    await person.page.getByText('A new picture, 256 × 256').waitFor()
  })

  it('names a truncated checkpoint, with the bytes that are missing, beside the models that work', async () => {
    const { page } = person
    await page.getByRole('button', { name: 'Settings', exact: true }).click()
    await page.getByText('1 file cannot be used').waitFor()
    await page.getByRole('button', { name: 'Manage models' }).click()
    await page
      .getByRole('list', { name: 'Files that cannot be used' })
      .getByText(/half\.safetensors cannot be read: its tensors need 1\d{7} bytes and the file has 8000000/)
      .waitFor()
    await page.getByText(/download it again/).waitFor()
    await person.shot('19-truncated-checkpoint')
    await page.keyboard.press('Escape')
  })

  it('answers an unknown message, and the same connection goes on', async () => {
    const { origin, hash } = new URL(marquee.url)
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/socket`)
    const replies: string[] = []
    socket.on('message', (data: Buffer) => replies.push(data.toString()))
    await new Promise((opened) => socket.once('open', opened))
    const token = hash.replace('#token=', '')
    for (const message of [
      { type: 'hello', protocol: 1, token, client: 'bad-input-test' },
      { type: 'dance' },
      { type: 'cancel', jobId: 'no-such-job' }
    ])
      socket.send(JSON.stringify(message))
    await expect.poll(() => replies.length).toBe(3)
    expect(replies[0]).toContain('"welcome"')
    expect(replies[1]).toMatch(/"unknown-message".*"There is no message of type.*dance.*"hint":".*generate/)
    expect(replies[2]).toMatch(/"no-such-job".*"not-found".*"hint":/)
    socket.close()
  })

  it('lets nobody in with a wrong token, says where the right one is, and takes it', async () => {
    const stranger = await sitDown(marquee.url.replace(/token=.*/, 'token=wrong'))
    await stranger.page.getByText('This page is not let in').waitFor()
    await stranger.page.getByText(/Open the link that “npm start” prints/).waitFor()
    expect(await stranger.button('Generate').isEnabled()).toBe(false)
    await stranger.page.goto('about:blank')
    await stranger.page.goto(marquee.url)
    await expect.poll(() => stranger.button('Generate').isEnabled(), { timeout: 15_000 }).toBe(true)
    await stranger.close()
  })

  it('still makes a picture after all of that', async () => {
    const { page } = person
    await page.getByRole('textbox', { name: 'Steps' }).fill('2')
    await page.getByRole('textbox', { name: 'Steps' }).press('Enter')
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red car')
    await person.button('Generate').click()
    await page.getByRole('region', { name: 'Result' }).waitFor({ timeout: 60_000 })
    expect(person.troubles.filter((trouble) => !trouble.startsWith('Failed to load resource'))).toEqual([])
  })
})
