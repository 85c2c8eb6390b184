import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GenerateRequest } from '../../bridge-server/protocol/request.ts'
import { changedPixels, requestsOf, type SavedPicture } from './person.ts'
import { visit, type Visit } from './visit.ts'

/** Every intent, clicked as a person does: what is asked for, and what becomes of the picture. */
describe('the intents', () => {
  let person: Visit
  let sent: readonly GenerateRequest[]

  beforeAll(async () => {
    person = await visit({ size: { width: 1280, height: 800 } })
    sent = await requestsOf(person)
  })
  afterAll(() => person.end())

  const layers = () => person.page.getByRole('list', { name: 'Layer stack' }).getByRole('listitem')
  const select = async () => {
    await person.tool('Rectangular marquee')
    await person.drag({ x: 90, y: 150 }, { x: 170, y: 220 })
  }
  const undo = async () => {
    await person.page.getByRole('application').focus()
    await person.page.keyboard.press('Control+z')
  }
  const fill = async (name: string, text: string) => {
    const field = person.page.getByRole('textbox', { name, exact: true })
    await field.fill(text)
    await field.press('Tab')
  }
  const menu = async () => {
    await person.button('All intents').click()
    return person.page.getByRole('menu', { name: 'All intents' })
  }
  const choose = async (name: string) => {
    await (await menu()).getByRole('menuitemradio', { name, exact: true }).click()
    await person.button(name).waitFor()
  }
  /** Presses the primary button, and waits for the result. */
  const press = async (name: string): Promise<GenerateRequest> => {
    const before = sent.length
    await person.button(name).click()
    await expect.poll(() => sent.length, { timeout: 15_000 }).toBe(before + 1)
    const jobs = person.page.getByRole('list', { name: 'Jobs' })
    await jobs.waitFor()
    await jobs.waitFor({ state: 'detached', timeout: 120_000 })
    return sent.at(-1)!
  }
  /** The picture with the result applied; the layer is undone again. */
  const applied = async (): Promise<SavedPicture> => {
    const count = await layers().count()
    await person.button('Apply').click()
    await expect.poll(() => layers().count()).toBe(count + 1)
    const picture = await person.save()
    await undo()
    await expect.poll(() => layers().count()).toBe(count)
    return picture
  }
  /** What the canvas shows, once it has drawn what is due. */
  const screen = async (): Promise<Buffer> => {
    const url = await person.page.getByTestId('picture').evaluate(async (canvas: HTMLCanvasElement) => {
      for (let frame = 0; frame < 3; frame++) await new Promise((drawn) => requestAnimationFrame(drawn))
      return canvas.toDataURL()
    })
    return sharp(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'))
      .ensureAlpha()
      .raw()
      .toBuffer()
  }
  const mostDifferent = (a: Buffer, b: Buffer): number =>
    a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Infinity))), 0)
  const isInside = (x: number, y: number) => x >= 90 && x < 170 && y >= 150 && y < 220
  const isFar = (x: number, y: number) => x < 20 || y < 80

  it('offer by themselves what fits: a new picture, filling, expanding', async () => {
    await expect.poll(() => person.button('Generate').isEnabled(), { timeout: 15_000 }).toBe(true)
    await person.button('Settings').click()
    await fill('Variations', '1')
    await fill('Steps', '4')
    await person.button('Settings').click()
    await fill('Prompt', 'a red car')
    const offered = async (name: string) => {
      const open = await menu()
      await open.getByRole('menuitemradio', { name, exact: true }).waitFor()
      await person.page.keyboard.press('Escape')
      await open.waitFor({ state: 'detached' })
    }
    await offered('Automatic: Generate')
    await select()
    await person.page.getByText('Fills the selection, 80 × 70').waitFor()
    await offered('Automatic: Fill')
    await person.shot('60-intent-fill')
  })

  it.each([
    ['Generate', { mode: 'inpaint', strength: 1 }],
    ['Refine', { mode: 'img2img', strength: 0.6 }],
    ['Add', { mode: 'inpaint', fill: 'neutral' }],
    ['Remove', { mode: 'inpaint', fill: 'inpaint' }],
    ['Custom', { mode: 'inpaint', strength: 1 }]
  ])('%s changes what is selected, and nothing far from it', async (name, asked) => {
    const before = await person.save()
    await choose(name)
    expect(await press(name)).toMatchObject({ ...asked, selection: { format: 'gray8' } })
    const after = await applied()
    expect(changedPixels(before, after, isInside)).toBeGreaterThan(500)
    expect(changedPixels(before, after, isFar)).toBe(0)
  })

  it('Replace background changes everything but what is selected', async () => {
    const before = await person.save()
    await choose('Replace background')
    expect(await press('Replace background')).toMatchObject({ mode: 'inpaint', fill: 'hard-neutral' })
    const after = await applied()
    // A pixel or two at its edge are soft.
    const isDeepInside = (x: number, y: number) => isInside(x - 8, y - 8) && isInside(x + 8, y + 8)
    expect(changedPixels(before, after, isDeepInside)).toBe(0)
    expect(changedPixels(before, after, isFar)).toBeGreaterThan(5000)
  })

  it('Upscale opens a larger picture as a document of its own, and the old one comes back', async () => {
    const { page } = person
    await page.getByRole('application').focus()
    await page.keyboard.press('Control+d')
    await choose('Upscale')
    await page.getByText('256 × 256 px become 512 × 512 px').waitFor()
    await person.shot('61-upscale')
    const before = await person.save()
    expect(await press('Upscale')).toMatchObject({ mode: 'upscale', upscale: { factor: 2 } })
    await person.shot('62-upscaled')
    await person.button('Open as document').click()
    await page.getByRole('application', { name: 'Canvas of Moon and rocket 2×' }).waitFor()
    expect(await person.save()).toMatchObject({ width: 512, height: 512 })
    await person.shot('63-upscaled-document')
    // Also after a reload, once both are kept.
    await person.save()
    await page.reload()
    await page.getByRole('application', { name: 'Canvas of Moon and rocket 2×' }).waitFor()
    await person.button('Reopen').click()
    await page.getByRole('application', { name: 'Canvas of Moon and rocket', exact: true }).waitFor()
    expect(changedPixels(before, await person.save())).toBe(0)
  })

  it('Expand is offered where the canvas is empty, and fills that alone', async () => {
    await person.page.getByRole('application').focus()
    await person.page.keyboard.press('Control+d')
    const before = await person.save()
    await person.tool('Crop and extend')
    await person.drag({ x: 256, y: 128 }, { x: 300, y: 128 })
    await person.page.getByRole('application').focus()
    await person.page.keyboard.press('Enter')
    person.canvas(300, 256)
    await person.button('Expand').waitFor()
    expect(await press('Expand')).toMatchObject({ mode: 'outpaint', canvas: { width: 300, height: 256 } })
    // Not on a whole number of screen pixels, and small enough to be smoothed.
    for (let press = 0; press < 3; press++) await person.page.keyboard.press('Control+-')
    const looked = await screen()
    await person.button('Apply').click()
    await expect.poll(() => layers().count()).toBe(2)
    const shown = await screen()
    // A level or two for the order in which the same is rounded.
    expect(mostDifferent(looked, shown)).toBeLessThanOrEqual(3)
    await undo()
    const after = await applied()
    const at = (picture: SavedPicture, x: number, y: number) =>
      picture.data.subarray((y * picture.width + x) * 4, (y * picture.width + x) * 4 + 4)
    let moved = 0
    let empty = 0
    for (let y = 0; y < 256; y++)
      for (let x = 0; x < 300; x++)
        if (x >= 256) empty += at(after, x, y)[3] === 255 ? 0 : 1
        else if (at(before, x, y).compare(at(after, x, y)) !== 0) moved++
    expect({ moved, empty }).toEqual({ moved: 0, empty: 0 })
  })
})
