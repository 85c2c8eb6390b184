import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startMarquee, type RunningMarquee } from '../support/marquee.ts'
import { changedPixels, sitDown, type Person, type SavedPicture } from './person.ts'

/** The story of the README, clicked through as a person does: the real server, engine, models and browser. */
describe('a person at Marquee', () => {
  const data = mkdtempSync(path.join(tmpdir(), 'marquee-story-'))
  const scenes = path.resolve(import.meta.dirname, '../../plugin/scenes')
  let marquee: RunningMarquee
  let person: Person
  /** As the document was before the first job. */
  let before: SavedPicture

  beforeAll(async () => {
    marquee = await startMarquee(data)
    person = await sitDown(marquee.url)
  })
  afterAll(async () => {
    await person.close()
    await marquee.stop()
    rmSync(data, { recursive: true, force: true })
  })

  const result = () => person.page.getByRole('region', { name: 'Result' })
  const layers = () => person.page.getByRole('list', { name: 'Layer stack' }).getByRole('listitem')
  const jobs = () => person.page.getByRole('list', { name: 'Jobs' }).getByRole('listitem')
  const prompt = (text: string) =>
    person.page.getByRole('textbox', { name: 'Prompt', exact: true }).fill(text)
  const intent = (name: string) =>
    person.page.getByRole('radio', { name, exact: true }).check({ force: true })
  const press = (name: string) => person.button(name).click()
  const undo = async () => {
    await person.page.getByRole('application').focus()
    await person.page.keyboard.press('Control+z')
  }
  /** Until the newest job is done and its result is open. */
  const settle = async () => {
    await jobs().first().waitFor()
    await expect.poll(() => jobs().count(), { timeout: 120_000 }).toBe(0)
    await result().waitFor()
  }

  it('sees an editor with a scene, tools, layers and the panel', async () => {
    const { page } = person
    await page.getByRole('application', { name: /Canvas of Moon and rocket/ }).waitFor()
    await person.button('Generate').waitFor()
    expect(await layers().count()).toBe(1)
    await expect.poll(() => person.button('Generate').isEnabled()).toBe(true)
    await person.shot('01-start')
    expect(page.url()).not.toContain('token')
  })

  it('draws a marquee, types a word, and gets three variations', async () => {
    const { page } = person
    before = await person.save()
    await person.tool('Rectangular marquee')
    await person.drag({ x: 20, y: 130 }, { x: 130, y: 220 })
    await page.getByText('Fills the selection, 110 × 90').waitFor()
    await prompt('a red car')
    await person.shot('02-marquee')
    await press('Generate')
    await page.getByRole('progressbar', { name: /Sampling/ }).waitFor()
    await page.getByText(/^Step [1-9]\d* of \d{2}/).waitFor()
    await person.shot('03-progress')
    await settle()
    expect(
      await result()
        .getByRole('button', { name: /^Variation \d$/ })
        .count()
    ).toBe(3)
    await person.shot('04-variations')
  })

  it('looks at another variation, and applies it as a layer with a real mask in one undo step', async () => {
    await result().getByRole('button', { name: 'Variation 2' }).click()
    await result().getByRole('button', { name: 'Apply' }).click()
    await expect.poll(() => layers().count()).toBe(2)
    await person.page.getByRole('button', { name: 'Edit mask of a red car' }).waitFor()
    await person.shot('05-applied')
    const applied = await person.save()
    expect(changedPixels(before, applied)).toBeGreaterThan(1000)
    // 25 px of blend and the grown mask reach at most 60 px beyond the marquee.
    const isFar = (x: number, y: number) => x > 190 || y < 70
    expect(changedPixels(before, applied, isFar)).toBe(0)

    await undo()
    await expect.poll(() => layers().count()).toBe(1)
    expect(changedPixels(before, await person.save())).toBe(0)
    await person.page.keyboard.press('Control+Shift+Z')
    await expect.poll(() => layers().count()).toBe(2)
  })

  it('widens the mask with a brush and sees more, without generating again', async () => {
    const narrow = await person.save()
    await person.page.getByRole('button', { name: 'Edit mask of a red car' }).click()
    await person.tool('Mask brush')
    await person.drag({ x: 190, y: 150 }, { x: 200, y: 230 })
    await person.shot('06-mask-widened')
    const wide = await person.save()
    expect(changedPixels(narrow, wide)).toBeGreaterThan(100)
    expect(await jobs().count()).toBe(0)
  })

  it('makes a whole new picture where nothing is selected', async () => {
    await person.page.getByRole('application').focus()
    await person.page.keyboard.press('Control+d')
    await person.page.getByText('A new picture, 256 × 256').waitFor()
    await prompt('a castle in the grass, blue sky')
    await press('Generate')
    await settle()
    await result().getByRole('button', { name: 'Apply' }).click()
    await expect.poll(() => layers().count()).toBe(3)
    await person.shot('07-new-picture')
  })

  it('refines what is visible by a strength', async () => {
    const shown = await person.save()
    await intent('Refine')
    await person.page.getByRole('slider', { name: 'Strength' }).waitFor()
    await prompt('a castle in the snow, sunset')
    await press('Refine')
    await settle()
    await person.shot('08-refined')
    await result().getByRole('button', { name: 'Apply' }).click()
    await expect.poll(() => layers().count()).toBe(4)
    expect(changedPixels(shown, await person.save())).toBeGreaterThan(1000)
  })

  it('keeps the shapes with Depth, and takes the depth map as a layer', async () => {
    await intent('Depth')
    await prompt('in the snow, night sky')
    await press('Depth')
    await settle()
    await person.shot('09-depth')
    await result().getByRole('button', { name: 'Apply' }).click()
    await expect.poll(() => layers().count()).toBe(5)
    await person.page.getByRole('button', { name: /^History/ }).click()
    await person.page.getByRole('button', { name: 'Show number 1 of “in the snow, night sky”' }).click()
    await person.button('Insert depth map').click()
    await expect.poll(() => layers().count()).toBe(6)
    await person.shot('10-depth-map')
  })

  it('extends the canvas, is offered Expand, and the old pixels stay as they were', async () => {
    const { page } = person
    const old = await person.save()
    await person.tool('Crop and extend')
    await person.drag({ x: 256, y: 128 }, { x: 320, y: 128 })
    await person.shot('11-crop')
    await page.getByRole('application').focus()
    await page.keyboard.press('Enter')
    person.canvas(320, 256)
    await person.button('Expand').waitFor()
    await prompt('a castle in the grass, blue sky')
    await press('Expand')
    await settle()
    await result().getByRole('button', { name: 'Apply' }).click()
    await expect.poll(() => layers().count()).toBe(7)
    await person.shot('12-expanded')
    const now = await person.save()
    expect([now.width, now.height]).toEqual([320, 256])
    let moved = 0
    let empty = 0
    for (let y = 0; y < 256; y++)
      for (let x = 0; x < 320; x++) {
        const at = (y * 320 + x) * 4
        if (now.data[at + 3] !== 255) empty++
        if (x < 256 && now.data.compare(old.data, (y * 256 + x) * 4, (y * 256 + x) * 4 + 4, at, at + 4) !== 0)
          moved++
      }
    expect({ moved, empty }).toEqual({ moved: 0, empty: 0 })
  })

  it('gets the same pixels again from the same seed and settings', async () => {
    const { page } = person
    await page.getByRole('button', { name: 'Settings', exact: true }).click()
    await intent('Generate')
    await page.getByRole('application').focus()
    await page.keyboard.press('Control+a')
    await page.getByRole('textbox', { name: 'Variations' }).fill('1')
    await page.getByRole('textbox', { name: 'Variations' }).press('Enter')
    await page.getByRole('textbox', { name: 'Steps' }).fill('6')
    await page.getByRole('textbox', { name: 'Steps' }).press('Enter')
    await page.getByRole('textbox', { name: 'Seed' }).fill('1234')
    await page.getByRole('textbox', { name: 'Seed' }).press('Enter')
    await prompt('a dog on sand, dawn')
    const once = async (): Promise<SavedPicture> => {
      await press('Generate')
      await settle()
      await result().getByRole('button', { name: 'Apply' }).click()
      await expect.poll(() => layers().count()).toBe(8)
      const picture = await person.save()
      await undo()
      await expect.poll(() => layers().count()).toBe(7)
      return picture
    }
    const first = await once()
    const second = await once()
    expect(changedPixels(first, second)).toBe(0)
    await page.getByRole('textbox', { name: 'Seed' }).fill('1235')
    await page.getByRole('textbox', { name: 'Seed' }).press('Enter')
    expect(changedPixels(first, await once())).toBeGreaterThan(1000)
    await person.shot('13-settings')
  })

  it('cancels a running job, and the next one starts', async () => {
    const { page } = person
    await page.getByRole('textbox', { name: 'Steps' }).fill('150')
    await page.getByRole('textbox', { name: 'Steps' }).press('Enter')
    await page.getByRole('textbox', { name: 'Variations' }).fill('8')
    await page.getByRole('textbox', { name: 'Variations' }).press('Enter')
    await prompt('a ship in the sea')
    await press('Generate')
    await page.getByText(/^Step \d+ of \d{4}/).waitFor()
    await page.getByRole('textbox', { name: 'Steps' }).fill('5')
    await page.getByRole('textbox', { name: 'Steps' }).press('Enter')
    await page.getByRole('textbox', { name: 'Variations' }).fill('1')
    await page.getByRole('textbox', { name: 'Variations' }).press('Enter')
    await prompt('a whale in the sea')
    await press('Generate')
    await page.getByText('Waiting, place 1').waitFor()
    await person.shot('14-queue')
    const pressed = performance.now()
    await jobs().first().getByRole('button', { name: 'Cancel' }).click()
    await result().getByText('a whale in the sea').waitFor()
    // A step of this model takes well under a second; five of them, decoding and the browser's own time fit in this.
    expect((performance.now() - pressed) / 1000).toBeLessThan(20)
    expect(await jobs().count()).toBe(0)
    await result().getByRole('button', { name: 'Discard' }).click()
    await result().waitFor({ state: 'detached' })
  })

  it('reloads in the middle of a job: progress, results and the document are there', async () => {
    const { page } = person
    const count = await layers().count()
    await page.getByRole('textbox', { name: 'Steps' }).fill('60')
    await page.getByRole('textbox', { name: 'Steps' }).press('Enter')
    await page.getByRole('textbox', { name: 'Variations' }).fill('2')
    await page.getByRole('textbox', { name: 'Variations' }).press('Enter')
    await prompt('a rabbit in the grass, dawn')
    await press('Generate')
    await page.getByText(/^Step \d+ of \d{3}/).waitFor()
    await page.reload()
    await page.getByText(/^Step \d+ of \d{3}/).waitFor()
    // The document comes from the browser's storage, the job from the server: either may be first.
    await expect.poll(() => layers().count()).toBe(count)
    await person.shot('15-reloaded')
    await settle()
    await page.getByRole('button', { name: /^History/ }).click()
    await page.getByRole('button', { name: /^Show number 1 of “a red car”/ }).waitFor()
    await person.shot('16-history')
  })

  it('finds everything again after the server was restarted', async () => {
    await marquee.stop()
    await person.page
      .getByText(/not running|no connection|cannot reach/i)
      .first()
      .waitFor()
    await person.shot('17-offline')
    await person.close()
    marquee = await startMarquee(data)
    person = await sitDown(marquee.url)
    await person.button('Generate').waitFor()
  })

  it('opens a picture of its own by the dialog', async () => {
    const chooser = person.page.waitForEvent('filechooser')
    await person.page.getByRole('application').focus()
    await person.page.keyboard.press('Control+o')
    await (await chooser).setFiles(path.join(scenes, '2.png'))
    await person.page.getByRole('application', { name: /Canvas of 2/ }).waitFor()
    await person.shot('18-opened')
  })

  it('never made the page complain', () => {
    expect(person.troubles).toEqual([])
  })
})
