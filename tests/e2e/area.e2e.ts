import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GenerateRequest } from '../../bridge-server/protocol/request.ts'
import { requestsOf } from './person.ts'
import { visit, type Visit } from './visit.ts'

/** What the model sees around the selection: shown on the canvas, dragged there, and then what is sent. */
describe('the area that the model sees', () => {
  let person: Visit
  let sent: readonly GenerateRequest[]

  beforeAll(async () => {
    person = await visit({ size: { width: 1280, height: 800 } })
    sent = await requestsOf(person)
  })
  afterAll(() => person.end())

  const field = (name: string) =>
    person.page.getByRole('group', { name: 'Tool options' }).getByRole('textbox', { name })
  const says = (words: string) => person.page.getByText(words, { exact: true }).waitFor()
  /** Sends a job, and cancels it: what was asked for is what counts. */
  const asked = async (): Promise<GenerateRequest> => {
    const before = sent.length
    await person.button('Generate').click()
    await expect.poll(() => sent.length).toBe(before + 1)
    await person.page.getByRole('button', { name: 'Cancel' }).click()
    await person.page.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached' })
    return sent.at(-1)!
  }

  it('shows itself with a selection, and is what is sent', async () => {
    await expect.poll(() => person.button('Generate').isEnabled(), { timeout: 15_000 }).toBe(true)
    await person.tool('Rectangular marquee')
    await person.drag({ x: 150, y: 150 }, { x: 190, y: 180 })
    await says('The model sees 136 × 136 at 102, 97')
    await person.shot('50-area-automatic')
    expect((await asked()).area).toEqual({ x: 102, y: 97, width: 136, height: 136 })
  })

  it('is moved and resized by dragging, and so it is sent', async () => {
    await person.tool('Area that the model sees')
    await person.drag({ x: 130, y: 120 }, { x: 110, y: 130 })
    await says('The model sees 136 × 136 at 82, 107')
    await person.drag({ x: 218, y: 243 }, { x: 250, y: 220 })
    await says('The model sees 168 × 113 at 82, 107')
    await person.shot('51-area-dragged')
    const request = await asked()
    const area = { x: 82, y: 107, width: 168, height: 113 }
    expect(request.area).toEqual(area)
    expect(request.snapshot).toMatchObject({ width: 168, height: 113 })
    expect(request.selection).toMatchObject({ width: 168, height: 113 })
  })

  it('survives a reload, and every change is an undo step', async () => {
    const { page } = person
    await page.reload()
    await says('The model sees 168 × 113 at 82, 107')
    await person.tool('Area that the model sees')
    await field('Width').fill('100')
    await field('Width').press('Enter')
    await says('The model sees 100 × 113 at 82, 107')
    await page.getByRole('application').focus()
    for (const key of ['ArrowRight', 'Shift+ArrowDown']) await page.keyboard.press(key)
    await says('The model sees 100 × 113 at 83, 117')
    await page.keyboard.press('Control+z')
    await says('The model sees 168 × 113 at 82, 107')
    await person.button('Automatic').click()
    await says('The model sees 136 × 136 at 102, 97')
    await page.getByRole('application').focus()
    await page.keyboard.press('Control+z')
    await says('The model sees 168 × 113 at 82, 107')
  })

  it('comes back with the settings of a result', async () => {
    const { page } = person
    await person.button('Generate').click()
    await page.getByRole('button', { name: 'Cancel' }).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached', timeout: 120_000 })
    await person.tool('Area that the model sees')
    await person.button('Automatic').click()
    await says('The model sees 136 × 136 at 102, 97')
    await person.button('History (1)').click()
    await person.button('Use these settings').click()
    await says('The model sees 168 × 113 at 82, 107')
    await person.shot('52-area-recalled')
  })

  it('is automatic again for a selection somewhere else', async () => {
    await person.tool('Rectangular marquee')
    await person.drag({ x: 10, y: 10 }, { x: 60, y: 50 })
    await expect.poll(() => person.page.getByText(/^The model sees 160 × 160 at 0, 0$/).count()).toBe(1)
  })
})
