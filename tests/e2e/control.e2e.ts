import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writePocketExtras, writePocketUnion } from '../support/pocket-extras.ts'
import { changedPixels, requestsOf, type SavedPicture } from './person.ts'
import { visit, type Visit } from './visit.ts'

/** A ControlNet as a layer: its map made from the picture, its weight seen in what is made. */
describe('control layers', () => {
  let person: Visit

  beforeAll(async () => {
    person = await visit({
      prepare: (folder) => {
        writePocketExtras(folder)
        writePocketUnion(folder)
      }
    })
  })
  afterAll(() => person.end())

  const layers = () => person.page.getByRole('list', { name: 'Layer stack' }).getByRole('listitem')
  const control = () => person.page.getByRole('group', { name: 'Control of Canny edges map' })
  const choose = async (item: string) => {
    await person.button('Control').click()
    await person.page.getByRole('menuitem', { name: item }).click()
  }
  /** Nobody needs to scroll to press it. */
  const isInSight = (name: string): Promise<boolean> =>
    person.button(name).evaluate((button) => {
      const { left, top, width, height } = button.getBoundingClientRect()
      return button.contains(document.elementFromPoint(left + width / 2, top + height / 2))
    })
  /** What is made, applied, saved and undone again. */
  const made = async (): Promise<SavedPicture> => {
    const count = await layers().count()
    await person.button('Generate').click()
    await person.page.getByRole('button', { name: 'Cancel' }).waitFor()
    await person.page.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached', timeout: 120_000 })
    await expect.poll(() => isInSight('Apply')).toBe(true)
    await person.button('Apply').click()
    await expect.poll(() => layers().count()).toBe(count + 1)
    const picture = await person.save()
    await person.page.keyboard.press('Control+z')
    await expect.poll(() => layers().count()).toBe(count)
    // The next one's Apply is not to be taken for this one's.
    await person.button('Discard').click()
    await expect.poll(() => person.button('Apply').count()).toBe(0)
    return picture
  }
  const weigh = async (key: 'Home' | 'End') => {
    await person.page.getByRole('button', { name: 'Canny edges map', exact: true }).click()
    await control().getByRole('slider', { name: 'Weight' }).press(key)
  }

  it('makes a map from the picture, with a look at it before', async () => {
    const { page } = person
    await expect.poll(() => person.button('Generate').isEnabled(), { timeout: 15_000 }).toBe(true)
    const before = await person.save()
    await choose('From picture…')
    const look = page.getByRole('img', { name: 'Preview of the map' })
    await expect.poll(() => look.getAttribute('aria-busy'), { timeout: 30_000 }).toBe('false')
    const lines = () =>
      look.evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
        return data.filter((byte, i) => i % 4 === 0 && byte > 0).length
      })
    const many = await lines()
    expect(many).toBeGreaterThan(100)
    await page.getByRole('slider', { name: 'Low threshold' }).press('End')
    await page.getByRole('slider', { name: 'High threshold' }).press('End')
    await expect.poll(lines, { timeout: 30_000 }).toBeLessThan(many)
    await person.shot('40-map-from-picture')
    await person.button('Make layer').click()
    await control()
      .getByRole('button', { name: /pocket-canny/ })
      .waitFor()
    expect(await layers().count()).toBe(2)
    await person.shot('41-control-layer')
    expect(changedPixels(before, await person.save()), 'a map is no part of the picture').toBe(0)
  })

  it('guides what is made by its weight, and not when it is turned off', async () => {
    const { page } = person
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a castle')
    await person.button('Settings').click()
    await page.getByRole('textbox', { name: 'Variations' }).fill('1')
    await page.getByRole('textbox', { name: 'Seed', exact: true }).fill('5')
    await person.button('Settings').click()
    await weigh('Home')
    const without = await made()
    await weigh('End')
    const guided = await made()
    expect(changedPixels(without, guided)).toBeGreaterThan(1000)
    await person.button('Guide by Canny edges map').click()
    expect(changedPixels(without, await made()), 'off is the same as weight 0').toBe(0)
    await person.shot('42-control-off')
  })

  it('tells a union of ControlNets what the map shows, which is seen in what is made', async () => {
    const { page } = person
    await page.setViewportSize({ width: 1024, height: 700 })
    const sent = await requestsOf(person)
    await person.button('Guide by Canny edges map').click()
    await page.getByRole('button', { name: 'Canny edges map', exact: true }).click()
    const pick = async (picker: RegExp, option: string) => {
      await control().getByRole('button', { name: picker }).click()
      await page.getByRole('option', { name: option, exact: true }).click()
    }
    await pick(/pocket-canny/, 'pocket-union')
    await control()
      .getByRole('button', { name: /Lines or hard edges/ })
      .waitFor()
    await person.shot('43-union')
    const ofLines = await made()
    await pick(/Lines or hard edges/, 'Depth')
    const ofDepth = await made()
    expect(sent.map(({ controls }) => controls?.map(({ model, kind }) => [model, kind]))).toEqual([
      [['pocket-union', 'lines']],
      [['pocket-union', 'depth']]
    ])
    expect(changedPixels(ofLines, ofDepth)).toBeGreaterThan(1000)
  })

  it('takes a layer as control and back, one undo step each', async () => {
    const { page } = person
    await page.getByRole('button', { name: 'Background', exact: true }).click()
    await choose('Use as control')
    await page.getByRole('group', { name: 'Control of Background' }).waitFor()
    await choose('Use as picture again')
    await page.getByRole('group', { name: 'Control of Background' }).waitFor({ state: 'detached' })
    await page.getByRole('application').focus()
    await page.keyboard.press('Control+z')
    await page.getByRole('group', { name: 'Control of Background' }).waitFor()
    await page.keyboard.press('Control+z')
    await page.getByRole('group', { name: 'Control of Background' }).waitFor({ state: 'detached' })
  })
})
