import { afterEach, expect } from 'vitest'
import type { Rect } from '../../../../bridge-server/protocol/geometry.ts'
import { createDocuments } from '../../../../plugin/hosts/photoshop/documents.ts'
import { createModal } from '../../../../plugin/hosts/photoshop/modal.ts'
import { createPhotoshopHost, type PhotoshopHost } from '../../../../plugin/hosts/photoshop/photoshop-host.ts'
import { createWatch } from '../../../../plugin/hosts/photoshop/watch.ts'
import { bandsOf, joined } from '../../../../plugin/hosts/bands.ts'
import type { BandedImage, RgbaImage } from '../../../../plugin/hosts/host.ts'
import type { Knobs } from '../../../support/photoshop/knobs.ts'
import { createSimulator, type Opened, type Simulator } from '../../../support/photoshop/simulator.ts'

/** Time runs this much faster than Photoshop's. */
const speed = 50

export const later = (milliseconds: number, action: () => void): (() => void) => {
  const timer = setTimeout(action, milliseconds / speed)
  return () => clearTimeout(timer)
}
export const now = (): number => performance.now() * speed

const started: Simulator[] = []

/** Every test ends by asking Photoshop what went wrong behind the plugin's back. */
afterEach(() => {
  for (const { faults } of started.splice(0)) expect(faults()).toEqual([])
})

export interface PhotoshopCase extends Simulator {
  readonly host: PhotoshopHost
}

/** The host over a simulated Photoshop. */
export function startHost(knobs: Partial<Knobs> = {}): PhotoshopCase {
  const simulator = createSimulator(knobs)
  started.push(simulator)
  const { photoshop } = simulator
  const host = createPhotoshopHost({
    photoshop,
    documents: createDocuments(photoshop.app, 'session'),
    modal: createModal({ core: photoshop.core, now, later }),
    watch: createWatch(photoshop, later),
    patience: 1000
  })
  return { ...simulator, host }
}

/** An opaque picture in which no two near pixels are alike. */
export function pictureOf(width: number, height: number, seed = 1, alpha = 255): RgbaImage {
  const data = new Uint8ClampedArray(width * height * 4)
  for (let at = 0; at < data.length; at++)
    data[at] = at % 4 === 3 ? alpha : (at * 37 + seed * 91 + (at >> 6) * 5) & 255
  return { width, height, data }
}

/** A picture as the panel has it, in bands that are small enough to travel. */
export function banded({ width, height, data }: RgbaImage): BandedImage {
  const bands = bandsOf({ x: 0, y: 0, width, height }, 4).map((band) => ({
    width,
    height: band.height,
    data: data.slice(band.y * width * 4, (band.y + band.height) * width * 4)
  }))
  return { width, height, bands }
}

/** What the host reads, in one piece. */
export const readWhole = async ({ host }: { readonly host: PhotoshopHost }, area: Rect): Promise<RgbaImage> =>
  joined(await host.flatten(area))

export const whole = ({ width, height }: { readonly width: number; readonly height: number }) => ({
  x: 0,
  y: 0,
  width,
  height
})

export function greatestDifference(a: RgbaImage, b: RgbaImage): number {
  expect([a.width, a.height]).toEqual([b.width, b.height])
  return a.data.reduce((most, value, at) => Math.max(most, Math.abs(value - b.data[at]!)), 0)
}

/** Of the picture that most cases open. */
export const size = { width: 60, height: 40 }
export const picture = pictureOf(60, 40)
/** Where a layer is made in it. */
export const area = { x: 10, y: 8, width: 20, height: 16 }
/** Soft, and zero in its corners. */
export const softMask = {
  width: 20,
  height: 16,
  data: Uint8Array.from({ length: 320 }, (_, at) =>
    Math.max(0, 255 - 30 * Math.hypot((at % 20) - 10, Math.floor(at / 20) - 8))
  )
}
export const layer = { name: 'a red car', area, pixels: banded(pictureOf(20, 16, 2)), mask: softMask }

export const idOf = async ({ host }: PhotoshopCase): Promise<string> => (await host.document())!.id

/** A case with the picture open. */
export async function opened(
  how: Opened = {},
  knobs: Partial<Knobs> = {}
): Promise<PhotoshopCase & { id: string }> {
  const editor = startHost(knobs)
  editor.person.open(picture, how)
  return { ...editor, id: await idOf(editor) }
}
