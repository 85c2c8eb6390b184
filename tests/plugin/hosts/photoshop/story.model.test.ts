import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startMarquee, type RunningMarquee } from '../../../support/marquee.ts'
import { nothingKept, runPlugin, type Kept, type RunningPlugin } from '../../../support/photoshop/plugin.ts'
import { createSimulator, type Simulator } from '../../../support/photoshop/simulator.ts'
import type { PanelClient } from '../../../../plugin/remote/panel-client.ts'
import { pictureOf } from './photoshop-case.ts'

/** The story of the canvas in Photoshop: the real plugin, bridge, engine and pocket model; only Photoshop is simulated. */
describe('a person in Photoshop', () => {
  const data = mkdtempSync(path.join(tmpdir(), 'marquee-photoshop-'))
  /** Stays while Photoshop is started anew. */
  const kept: Kept = nothingKept()
  let marquee: RunningMarquee
  let bridge = ''
  let token = ''
  let simulator: Simulator
  let plugin: RunningPlugin
  let panel: PanelClient

  beforeAll(async () => {
    marquee = await startMarquee(data)
    const url = new URL(marquee.url)
    bridge = url.origin
    token = new URLSearchParams(url.hash.slice(1)).get('token') ?? ''
  })
  afterAll(async () => {
    await marquee.stop()
    rmSync(data, { recursive: true, force: true })
  })

  beforeEach(async () => {
    simulator = createSimulator()
    plugin = runPlugin(simulator, { bridge, kept })
    plugin.showPanel()
    panel = plugin.loadPage()
    if (kept.secret.size > 0)
      await until(({ connection, catalogue }) => connection.state === 'online' && catalogue !== null)
  })
  afterEach(async () => {
    // Whatever is still on its way to Photoshop may yet break a rule.
    await new Promise((resolve) => setTimeout(resolve, 100))
    plugin.quit()
    expect(simulator.faults()).toEqual([])
  })

  const state = () => panel.store.getState()
  type State = ReturnType<typeof state>
  async function until(holds: (state: State) => boolean, seconds = 60): Promise<void> {
    const end = performance.now() + seconds * 1000
    while (!holds(state())) {
      if (performance.now() > end)
        throw new Error(
          `Never came; the panel shows ${JSON.stringify({ ...state(), catalogue: null }).slice(0, 3000)}`
        )
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const viewed = (what: (document: NonNullable<State['document']>) => boolean) =>
    until(({ document }) => document !== null && what(document))
  const done = (jobs: number) =>
    until(
      ({ jobs: all }) => all.filter((job) => job.state === 'done' && job.result !== null).length >= jobs,
      120
    )
  const newest = () => state().jobs[0]!
  const layers = () => simulator.person.front().state.layers.map(({ name }) => name)
  const sizeOf = { width: 128, height: 96 }

  it('is let in once, by the code that the browser’s page shows', async () => {
    await until(({ connection }) => connection.state === 'offline')
    expect(state().connection).toEqual({ state: 'offline', cause: 'wrong-token' })
    await expect(panel.pair('AAA-AAA')).rejects.toThrow(/no such code/)
    const reply = await fetch(`${bridge}/api/pairing`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` }
    })
    const { code } = (await reply.json()) as { code: string }
    await panel.pair(`${code.slice(0, 3).toLowerCase()}-${code.slice(3)}`)
    await until(({ connection, catalogue }) => connection.state === 'online' && catalogue !== null)
    expect(kept.secret.get('marquee.token')).toMatch(/^[\w-]{24,}$/)
  })

  it('draws a marquee, presses Generate, and applies the result as a layer with a mask', async () => {
    simulator.person.open(pictureOf(sizeOf.width, sizeOf.height), {
      isBackground: true,
      path: '/home/me/story.psd'
    })
    simulator.person.select({ x: 30, y: 20, width: 50, height: 40 })
    await viewed(({ selection }) => selection !== null)
    panel.actions.change({ prompt: 'a red car', count: 2, steps: 4 })
    // What is typed shows at once, and is not undone by what comes back.
    expect(state().settings.prompt).toBe('a red car')
    await panel.actions.generate()
    await done(1)
    expect(newest().request.mode).toBe('inpaint')
    const picture = await panel.thumbnail(newest().id, newest().result!.variations[0]!.pixels)
    expect(picture).toMatch(/^data:image\/jpeg;base64,/)
    expect(picture.length).toBeLessThan(64 * 1024)

    const before = simulator.person.see()
    const steps = simulator.person.front().history.length
    await panel.actions.apply({ jobId: newest().id, variation: 1 })
    await until(() => layers().length === 2)
    expect(layers()).toEqual(['a red car', 'Background'])
    expect(simulator.person.front().history).toHaveLength(steps + 1)
    const after = simulator.person.see()
    const mask = simulator.person.front().state.layers[0]!.mask!
    let changed = 0
    for (let pixel = 0; pixel < sizeOf.width * sizeOf.height; pixel++) {
      const isSame = [0, 1, 2, 3].every(
        (channel) => before.data[pixel * 4 + channel] === after.data[pixel * 4 + channel]
      )
      if (!isSame) changed++
      if (mask.data[pixel] === 0) expect(isSame).toBe(true)
    }
    expect(changed).toBeGreaterThan(500)
    simulator.person.undo()
    expect(simulator.person.see().data).toEqual(before.data)
  })

  it('finds the results of a file again after Photoshop was started anew', async () => {
    simulator.person.open(pictureOf(sizeOf.width, sizeOf.height), { path: '/home/me/story.psd' })
    await until(({ jobs }) => jobs.length === 1)
    await until(({ open }) => open !== null)
    // By menu commands alone: the next variation, then apply.
    plugin.runCommand('nextVariation')
    await until(({ open }) => open?.variation === 1)
    plugin.runCommand('apply')
    await until(() => layers().includes('a red car'))
  })

  it('reloads the panel in the middle of a job, and loses nothing', async () => {
    simulator.person.open(pictureOf(64, 64))
    await viewed(({ canvas }) => canvas.width === 64)
    panel.actions.change({ prompt: 'a castle', steps: 12, intent: 'refine' })
    await panel.actions.generate()
    await until(({ jobs }) => jobs.length > 0)
    panel = plugin.loadPage()
    await until(({ jobs }) => jobs.length > 0)
    expect(state().settings.prompt).toBe('a castle')
    await done(1)
    expect(newest().request.mode).toBe('img2img')
  })

  it('expands by the command, which extends the canvas where it is full', async () => {
    simulator.person.open(pictureOf(64, 48), { isBackground: true })
    await viewed(({ canvas }) => canvas.width === 64)
    panel.actions.change({ prompt: 'snow', steps: 4, count: 1 })
    // The command is the script's own: it knows what has arrived there.
    await expect.poll(() => kept.local.get('marquee.settings')).toMatch(/snow.*"steps":4/)
    plugin.runCommand('expand')
    await done(1)
    expect(newest().request.mode).toBe('outpaint')
    expect(newest().request.canvas).toEqual({ width: 96, height: 72 })
    const before = simulator.person.see()
    await panel.actions.apply({ jobId: newest().id, variation: 0 })
    await until(() => layers().includes('snow'))
    const after = simulator.person.see()
    const middle = (36 * 96 + 48) * 4
    expect(after.data.subarray(middle, middle + 4)).toEqual(before.data.subarray(middle, middle + 4))
    expect(after.data[3]).toBe(255)
  })

  it('generates by the command, as the panel is set', async () => {
    simulator.person.open(pictureOf(64, 64), { name: 'By command' })
    await viewed(({ name }) => name === 'By command')
    panel.actions.change({ prompt: 'a dog', steps: 4, count: 1, intent: 'generate' })
    await expect.poll(() => kept.local.get('marquee.settings')).toMatch(/a dog.*"steps":4/)
    plugin.runCommand('generate')
    await done(1)
    expect(newest().request).toMatchObject({ mode: 'txt2img', prompt: 'a dog' })
  })

  it('keeps the shapes with Depth, and takes the depth map as a layer', async () => {
    simulator.person.open(pictureOf(64, 64), { isBackground: true })
    await viewed(({ canvas }) => canvas.width === 64)
    panel.actions.change({ prompt: 'night', steps: 4, count: 1, intent: 'depth' })
    await panel.actions.generate()
    await done(1)
    expect(newest().request.mode).toBe('depth2img')
    await panel.actions.insertDepth(newest().id)
    await until(() => layers().includes('Depth map'))
  })

  it('cancels, and closes the document of a running job', async () => {
    simulator.person.open(pictureOf(64, 64), { name: 'One' })
    await viewed(({ name }) => name === 'One')
    panel.actions.change({ prompt: 'one', steps: 60, count: 4, intent: 'generate' })
    await panel.actions.generate()
    await until(({ jobs }) => jobs[0]?.state === 'running')
    panel.actions.cancel(newest().id)
    await until(({ jobs }) => jobs[0]?.state === 'cancelled')

    panel.actions.change({ steps: 4, count: 1 })
    await panel.actions.generate()
    await until(({ jobs }) => jobs.length === 2)
    const second = simulator.person.open(pictureOf(32, 32), { name: 'Two' })
    await viewed(({ name }) => name === 'Two')
    await done(1)
    // The result belongs to the first document, and does not go into the second.
    await panel.actions.apply({ jobId: newest().id, variation: 0 })
    await until(({ notice }) => notice !== null)
    expect(state().notice?.message).toMatch(/another document than “Two”/)
    expect(second.state.layers).toHaveLength(1)
    simulator.person.close()
    simulator.person.close()
    await until(({ document }) => document === null)
    await panel.actions.apply({ jobId: newest().id, variation: 0 })
    await until(({ notice }) => /not open/.test(notice?.message ?? ''))
  })

  it('is told what keeps Photoshop or the server from working, and goes on when it does', async () => {
    simulator.person.open(pictureOf(64, 64), { name: 'Print', mode: 'CMYKColorMode' })
    await until(({ notice }) => notice !== null)
    expect(state().notice?.hint).toMatch(/Image › Mode › RGB Color/)
    expect(simulator.world.calls).toEqual([])
    simulator.person.open(pictureOf(64, 64), { name: 'Screen', isBackground: true })
    await viewed(({ name }) => name === 'Screen')

    simulator.world.busyWith = 'Free Transform'
    panel.actions.change({ intent: 'refine', steps: 4, count: 1 })
    await panel.actions.generate()
    await until(({ notice }) => /busy/.test(notice?.message ?? ''))
    simulator.world.busyWith = null

    plugin.network.setDown(true)
    await until(({ connection }) => connection.state === 'offline')
    expect(state().connection).toEqual({ state: 'offline', cause: 'not-running' })
    plugin.network.setDown(false)
    await until(({ connection }) => connection.state === 'online')

    // The other side is gone without a word: nothing fails, nothing comes.
    plugin.network.freeze(true)
    await until(({ connection }) => connection.state !== 'online')
    plugin.network.freeze(false)
    await until(({ connection }) => connection.state === 'online')
    await panel.actions.generate()
    await done(1)
  })

  it('finds the panel in Photoshop’s colours, and a report to send', async () => {
    plugin.setTheme('lightest')
    while (panel.theme.getState() !== 'light') await new Promise((resolve) => setTimeout(resolve, 10))
    plugin.setTheme('darkest')
    while (panel.theme.getState() !== 'dark') await new Promise((resolve) => setTimeout(resolve, 10))
    const mine = simulator.person.open(pictureOf(8, 8))
    const { state: before } = mine
    const report = await panel.diagnose('240 × 720, an engine')
    expect(report).toMatch(/Photoshop 26\.0\.0, UXP/)
    expect(report).toMatch(/Is alpha straight.*\n.*\[255,0,0,128\]/)
    expect(report).toMatch(/http:\/\/localhost:7421 be reached\?\n\s+Yes/)
    expect(report).toMatch(/socket to ws:\/\/localhost:7421\/api\/socket be opened\?\n\s+Yes/)
    expect(report).toMatch(/page run\?\n\s+240 × 720, an engine/)
    expect(report).toMatch(/this script runs/)
    expect(report).toMatch(/127\.0\.0\.1:7421 be reached\?\n\s+No: Permission denied/)
    expect(report).toMatch(/can they be read as 8\?\n\s+Error: Photoshop Error\. Code: -1/)
    expect(simulator.world.documents).toEqual([mine])
    expect(mine.state).toBe(before)
    await panel.copy(report)
    expect(plugin.clipboard()).toBe(report)
  })
})
