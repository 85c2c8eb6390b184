import path from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { modelBytes } from '../support/model-bytes.ts'
import { writePocketExtras } from '../support/pocket-extras.ts'
import { dropFile } from './person.ts'
import { visit, type Visit } from './visit.ts'

/** What a person adds to Marquee: model files, and networks that the prompt names. */
describe('models and what goes beside them', () => {
  let person: Visit

  beforeAll(async () => {
    const prepare = async (folder: string) => {
      writePocketExtras(folder)
      await sharp({ create: { width: 320, height: 320, channels: 3, background: '#336699' } })
        .png()
        .toFile(path.join(folder, 'pocket-ink.preview.png'))
    }
    person = await visit({ prepare })
  })
  afterAll(() => person.end())

  const prompt = () => person.page.getByRole('textbox', { name: 'Prompt', exact: true })

  it('takes a model file that is dropped on the panel, and offers it', async () => {
    const { page } = person
    await dropFile(person, prompt(), { name: 'my model.safetensors', bytes: modelBytes })
    await person.button('Settings').click()
    await page.getByRole('button', { name: /^Automatic/ }).click()
    const choice = page.getByRole('option', { name: /My model/ })
    await choice.waitFor()
    expect((await choice.boundingBox())?.width).toBeGreaterThan(200)
    await person.shot('20-model-dropped')
    await choice.click()
    await page.getByRole('button', { name: /^My model/ }).click()
    await page.getByRole('option', { name: /^Pocket(?! depth)/ }).click()
    await person.button('Settings').click()
  })

  it('makes a layer of a picture that is dropped on the canvas', async () => {
    const picture = { width: 90, height: 70, channels: 3, background: '#884422' } as const
    const bytes = await sharp({ create: picture }).png().toBuffer()
    await dropFile(person, person.page.getByRole('application'), { name: 'brown.png', bytes })
    await person.button('Hide brown').waitFor()
  })

  it('completes a LoRA at the prompt, weighs it, and says where one is not there', async () => {
    const { page } = person
    await prompt().click()
    await page.keyboard.type('a red car <lo')
    await page.getByRole('option', { name: /pocket-ink/ }).waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(() => prompt().inputValue()).toContain('<lora:pocket-ink:1>')
    const weight = page.getByRole('slider', { name: /pocket-ink/ })
    await weight.focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => prompt().inputValue()).toMatch(/<lora:pocket-ink:1\.\d+>/)
    await prompt().press('End')
    await page.keyboard.type(' <lora:nowhere:1>')
    await page.getByText(/There is no LoRA “nowhere”/).waitFor()
    await person.shot('21-lora-at-the-prompt')
    await person.button('Take nowhere out').click()
    await person.button('Generate').click()
    await person.button('Apply').waitFor({ timeout: 60_000 })
    expect(person.troubles).toEqual([])
  })

  it('shows LoRAs with their pictures and trigger words, and a press puts one into the prompt', async () => {
    const { page } = person
    await prompt().fill('a boat, sea')
    await person.button('Add LoRA or embedding').click()
    const choice = page.getByRole('dialog').getByRole('button', { name: /pocket-ink/ })
    await choice.getByText(/ink drawing/).waitFor()
    const picture = choice.locator('img')
    await picture.waitFor()
    expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(160)
    await person.shot('23-lora-pictures')
    await choice.click()
    await expect.poll(() => prompt().inputValue()).toBe('a boat, sea, ink drawing <lora:pocket-ink:1>')
    await person.button('Take pocket-ink out').click()
  })

  it('offers downloads with their licences, and starts none by itself', async () => {
    await person.button('Settings').click()
    await person.button('Download').first().click()
    await person.page.getByText('Stable Diffusion 1.5 inpainting').waitFor()
    await person.page
      .getByText(/Licence: CreativeML/)
      .first()
      .waitFor()
    await person.shot('22-downloads')
    await person.button('Close').click()
  })
})
