import { describe, expect, it } from 'vitest'
import { framesOf } from '../../../../plugin/remote/frames.ts'
import { createSimNetwork } from '../../../support/photoshop/network.ts'
import { createSimulator, type Simulator } from '../../../support/photoshop/simulator.ts'
import { createSimWebView } from '../../../support/photoshop/web-view.ts'
import { pictureOf } from './photoshop-case.ts'

/** A simulator that lets everything pass proves nothing. */
describe('the simulated Photoshop', () => {
  function open(how: Parameters<Simulator['person']['open']>[1] = {}): Simulator & { documentID: number } {
    const simulator = createSimulator()
    return { ...simulator, documentID: simulator.person.open(pictureOf(8, 8), how).id }
  }
  const sourceBounds = { left: 0, top: 0, right: 8, bottom: 8 }
  const modally = <T>({ photoshop }: Simulator, work: () => Promise<T>) =>
    photoshop.core.executeAsModal(work, { commandName: 'test' })

  it('throws at members, options, descriptors and events that nobody has thought about', async () => {
    const simulator = open()
    const { photoshop, documentID } = simulator
    const document = photoshop.app.activeDocument!
    expect(() => Reflect.get(document, 'saveAs') as unknown).toThrow(/document\.saveAs/)
    expect(() => Reflect.set(document, 'name', 'x')).toThrow(/writing of document\.name/)
    expect(() => Reflect.get(photoshop.imaging, 'getThumbnail') as unknown).toThrow(/imaging\.getThumbnail/)
    const scaled = { documentID, sourceBounds, targetSize: { width: 4 } }
    await expect(modally(simulator, () => photoshop.imaging.getPixels(scaled))).rejects.toThrow(
      /option targetSize/
    )
    await expect(
      photoshop.action.batchPlay([{ _obj: 'get', _options: { dialogOptions: 'silent' } }], {})
    ).rejects.toThrow(/descriptor/)
    expect(() => photoshop.action.addNotificationListener(['paint'], () => {})).toThrow(/event paint/)
  })

  it('gives no pixels and lets nothing change outside of a modal scope', async () => {
    const { photoshop, documentID } = open()
    await expect(photoshop.imaging.getPixels({ documentID, sourceBounds })).rejects.toThrow(
      /only allowed from inside a modal scope/
    )
    await expect(photoshop.app.activeDocument!.createPixelLayer({ name: 'x' })).rejects.toThrow(
      /modify the state/
    )
    expect(() => (photoshop.app.activeDocument = photoshop.app.activeDocument)).toThrow(/modify the state/)
  })

  it('has one modal scope at a time, and takes back what a failed one did', async () => {
    const simulator = open()
    const { photoshop, person } = simulator
    const { state, history } = person.front()
    const first = modally(simulator, async () => {
      await photoshop.app.activeDocument!.createPixelLayer({ name: 'kept' })
    })
    await expect(modally(simulator, () => Promise.resolve())).rejects.toMatchObject({ number: 9 })
    await first
    expect(history).toHaveLength(2)
    const failing = photoshop.core.executeAsModal(
      async (context) => {
        await context.hostControl.suspendHistory({ documentID: simulator.documentID, name: 'x' })
        await photoshop.app.activeDocument!.createPixelLayer({ name: 'lost' })
        throw new Error('on purpose')
      },
      { commandName: 'test' }
    )
    await expect(failing).rejects.toThrow('on purpose')
    expect(person.front().state.layers).toHaveLength(state.layers.length + 1)
  })

  it('counts images that were not disposed of, and refuses those that were', async () => {
    const simulator = open()
    const { photoshop, faults, documentID } = simulator
    const { imageData } = await modally(simulator, () =>
      photoshop.imaging.getPixels({ documentID, sourceBounds })
    )
    expect(faults()).toEqual(['1 images were never disposed of'])
    imageData.dispose()
    expect(faults()).toEqual([])
    await expect(imageData.getData({ chunky: true })).rejects.toThrow(/disposed/)
  })

  it('crashes over pixels of CMYK', async () => {
    const simulator = open({ mode: 'CMYKColorMode' })
    const { documentID, photoshop } = simulator
    await expect(
      modally(simulator, () => photoshop.imaging.getPixels({ documentID, sourceBounds }))
    ).rejects.toThrow(/CMYK/)
  })

  it('finds fault with the network inside of a modal scope, and with addresses that the manifest does not name', async () => {
    const simulator = open()
    const { world, faults } = simulator
    const network = createSimNetwork(world, { domains: ['http://localhost:1'], routes: {} })
    await modally(simulator, () => network.fetch('http://localhost:1/').catch(() => {}))
    expect(faults()).toEqual(['fetch of http://localhost:1/ inside the modal scope “test”'])
    await expect(network.fetch('http://127.0.0.1:1/')).rejects.toThrow(/Manifest entry not found/)
    expect(() => network.connect('ws://localhost:1/')).toThrow(/Manifest entry not found/)
    expect(faults()).toHaveLength(3)
  })

  it('lets no pixels over to the page, and finds fault with long messages', () => {
    const { world } = createSimulator()
    const { page, view } = createSimWebView(world, () => {})
    for (const spoilt of [
      new Uint8Array(4),
      new ArrayBuffer(4),
      NaN,
      new Date(),
      new Map(),
      undefined,
      () => 1
    ])
      expect(() => page.post({ deep: [spoilt] })).toThrow(/in a message, at message\.deep\[0\]/)
    for (const frame of framesOf({ text: 'x'.repeat(400_000) })) view.postMessage(frame)
    expect(world.faults).toEqual([])
    view.postMessage({ text: 'x'.repeat(400_000) })
    expect(world.faults).toHaveLength(1)
  })
})
