import { expect, it } from 'vitest'
import { createModal } from '../../../../plugin/hosts/photoshop/modal.ts'
import { createSecrets } from '../../../../plugin/hosts/photoshop/secrets.ts'
import { watchTheme } from '../../../../plugin/hosts/photoshop/theme.ts'
import { thumbnailOf } from '../../../../plugin/hosts/photoshop/thumbnail.ts'
import { createSimNetwork } from '../../../support/photoshop/network.ts'
import { createNetwork } from '../../../../plugin/hosts/photoshop/network.ts'
import { createSimulator } from '../../../support/photoshop/simulator.ts'
import { later, now } from './photoshop-case.ts'

it('makes small pictures, also where encoding needs a modal scope', async () => {
  const image = { blob: '', width: 400, height: 100, format: 'rgba8' } as const
  const pixels = new Uint8Array(400 * 100 * 4).fill(255)
  for (const encodeNeedsModal of [false, true]) {
    const { photoshop, faults } = createSimulator({ encodeNeedsModal })
    const modal = createModal({ core: photoshop.core, now, later })
    const url = await thumbnailOf(photoshop.imaging, modal, pixels, image)
    const { default: sharp } = await import('sharp')
    const jpeg = Buffer.from(url.replace('data:image/jpeg;base64,', ''), 'base64')
    expect(await sharp(jpeg).metadata()).toMatchObject({ width: 160, height: 40, format: 'jpeg' })
    const grey = { ...image, width: 3, height: 3, format: 'gray8' } as const
    expect(await thumbnailOf(photoshop.imaging, modal, new Uint8Array(9), grey)).toMatch(/^data:/)
    expect(faults()).toEqual([])
  }
})

it('makes pictures of a few kilobytes of whatever there is, noise included', async () => {
  const { photoshop, faults } = createSimulator()
  const modal = createModal({ core: photoshop.core, now, later })
  const image = { blob: '', width: 160, height: 160, format: 'rgba8' } as const
  // JPEG finds nothing to leave out here.
  const noise = Uint8Array.from(
    { length: 160 * 160 * 4 },
    (_, at) => (Math.imul(at, 2654435761) >>> 13) & 255
  )
  const url = await thumbnailOf(photoshop.imaging, modal, noise, image)
  expect(url.length).toBeLessThan(48 * 1024)
  expect(faults()).toEqual([])
})

it('follows the theme, wherever this version tells it', async () => {
  const { photoshop, world } = createSimulator()
  let changes = 0
  const changed = () => {
    changes++
  }
  const byBrightness = watchTheme({
    ...{ action: photoshop.action, later, changed },
    document: { createElement: () => Promise.reject(new Error('unused')) as never }
  })
  expect(byBrightness.theme()).toBe('dark')
  world.brightness = 'kPanelBrightnessOriginal'
  await expect.poll(() => byBrightness.theme()).toBe('light')
  expect(changes).toBe(1)
})

it('keeps the token as text, and has none where Photoshop lost it', async () => {
  const kept = new Map<string, string>()
  const storage = {
    setItem(key: string, value: string) {
      kept.set(key, value)
      return Promise.resolve()
    },
    getItem: (key: string) =>
      kept.has(key)
        ? Promise.resolve(new Uint8Array(Buffer.from(kept.get(key)!)))
        : Promise.reject(new Error('lost')),
    removeItem: () => Promise.resolve()
  }
  const secrets = createSecrets(storage)
  expect(await secrets.token()).toBe('')
  await secrets.keepToken('abc-_1')
  expect(await secrets.token()).toBe('abc-_1')
})

it('tells a denial of Photoshop’s from a server that does not answer', async () => {
  const { world } = createSimulator()
  const refused = 'http://localhost:1'
  const sim = createSimNetwork(world, {
    domains: [refused],
    routes: {},
    expectedDenials: ['http://localhost:2', 'ws://localhost:2']
  })
  const network = createNetwork({ ...sim, later })
  await expect(network.fetch('http://localhost:2/api/health')).rejects.toThrow(/Permission denied/)
  expect(network.isDenied()).toBe(true)
  await expect(network.fetch(`${refused}/api/health`)).rejects.toThrow()
  expect(network.isDenied()).toBe(false)
  // Photoshop throws where a browser would close the socket later.
  await new Promise<void>((closed) => {
    network.openSocket('ws://localhost:2/api/socket', { opened: () => {}, received: () => {}, closed })
  })
  expect(network.isDenied()).toBe(true)
  expect(world.faults).toEqual([])
})
