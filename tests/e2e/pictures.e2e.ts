import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readText, withText } from '../../bridge-server/image/png-text.ts'
import { sourceIn } from '../../bridge-server/image/provenance.ts'
import { startMarquee, type RunningMarquee } from '../support/marquee.ts'
import { dropFile, sitDown, type Person } from './person.ts'

/** Pictures say how they were made, and what they say is taken back. */
describe('what pictures say of themselves', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-pictures-'))
  let marquee: RunningMarquee
  let person: Person

  beforeAll(async () => {
    marquee = await startMarquee(folder)
    person = await sitDown(marquee.url, { width: 1200, height: 1000 })
    await person.button('Generate').waitFor()
  })
  afterAll(async () => {
    await person.close()
    await marquee.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const prompt = () => person.page.getByRole('textbox', { name: 'Prompt', exact: true })
  const parameters =
    'a blue car\nNegative prompt: rain\nSteps: 4, Sampler: DPM++ 2M Karras, CFG scale: 3, Seed: 99, Size: 128x128, Model hash: 0123456789, Model: dreams, Version: v1.10.1'

  it('offers the settings of a dropped picture, and takes them over at a press', async () => {
    const plain = await sharp({ create: { width: 128, height: 128, channels: 3, background: '#884422' } })
      .png()
      .toBuffer()
    await dropFile(person, person.page.getByRole('application'), {
      name: 'boat from the web.png',
      bytes: withText(plain, { parameters })
    })
    await person.button('Use its settings').waitFor()
    await person.page.getByText('The model dreams is not here.').waitFor()
    await person.shot('30-settings-of-a-picture')
    await person.button('Use its settings').click()
    expect(await prompt().inputValue()).toBe('a blue car')
    await person.button('Settings').click()
    expect(await person.page.getByRole('textbox', { name: 'Negative prompt' }).inputValue()).toBe('rain')
    await person.page.getByRole('button', { name: /DPM\+\+ 2M/ }).waitFor()
    await person.page.getByRole('switch', { name: /Invisible watermark/ }).scrollIntoViewIfNeeded()
    await person.shot('31-watermark-setting')
    await person.button('Settings').click()
  })

  it('writes into a saved picture how it was made', async () => {
    const saved = async () => {
      const download = person.page.waitForEvent('download')
      await person.page.getByRole('application').focus()
      await person.page.keyboard.press('Control+s')
      return readText(readFileSync(await (await download).path()))
    }
    await person.button('Generate').click()
    await person.button('Apply').waitFor({ timeout: 60_000 })
    await person.button('Apply').click()
    await person.button('Hide a blue car').waitFor()
    const text = await saved()
    expect(text.parameters).toMatch(/^a blue car\nNegative prompt: rain\nSteps: 4, Sampler: DPM\+\+ 2M/)
    expect(sourceIn(text)).not.toBeNull()
    expect(person.troubles).toEqual([])
  })

  it('offers the settings of a text that is pasted for a prompt', async () => {
    await prompt().fill(parameters)
    await person.button('Use its settings').click()
    expect(await prompt().inputValue()).toBe('a blue car')
  })

  it('makes a new document by the keyboard alone, and the one before can be reopened', async () => {
    const { page } = person
    // Neither mouse nor key brings the focus here, as where a screen reader does.
    await page.getByRole('application').focus()
    await page.keyboard.press('Control+Alt+n')
    const widthField = page.getByRole('textbox', { name: 'Width in pixels' })
    // The dialog takes the focus when it has come in.
    await expect.poll(() => widthField.evaluate((field) => field === document.activeElement)).toBe(true)
    for (const key of [
      'Control+a',
      '1',
      '9',
      '2',
      'Tab',
      'Control+a',
      '9',
      '6',
      'Enter',
      'Tab',
      'Tab',
      'Tab'
    ])
      await page.keyboard.press(key)
    await person.shot('32-new-document')
    await page.keyboard.press('Enter')
    await page.getByText('A new picture, 192 × 96').waitFor()
    const { width, height, data } = await person.save()
    expect([width, height, data.every((value) => value === 255)]).toEqual([192, 96, true])
    await person.button('Reopen').click()
    await person.button('Hide a blue car').waitFor()
  })
})
