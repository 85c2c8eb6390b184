import { deleteMask, freeBackground, play, selectLayer } from './descriptors.ts'
import { SRGB } from './documents.ts'
import { messageOf, type Modal } from './modal.ts'
import type { ColorSpace, Imaging, Photoshop } from './photoshop-api.ts'
import {
  getPixels,
  inScratch,
  put,
  putMask,
  readMask,
  samplesOf,
  SIZE,
  whole,
  type Scratch
} from './scratch.ts'
import type { Uxp } from './uxp-api.ts'

/** One thing that Adobe's reference leaves open, as this Photoshop does it. */
interface Finding {
  readonly question: string
  /** What was seen, or the error it gave. */
  readonly answer: string
}

interface DiagnosticsParts {
  readonly photoshop: Photoshop
  readonly uxp: Uxp
  readonly modal: Modal
  /** Asks the server for a sign of life at an address. */
  readonly reach: (url: string) => Promise<string>
  readonly url: string
  /** Tells whether a socket opens. */
  readonly openSocket: (url: string) => Promise<string>
  /** What the panel's page tells of its engine. */
  readonly page: string
}

/**
 * Tries on scratch documents of its own what cannot be looked up, and tells it as text to copy. Documents that are open
 * are not touched; the scratch documents close by themselves.
 */
export async function diagnose(parts: DiagnosticsParts): Promise<string> {
  const { photoshop, uxp, url } = parts
  const encodes = await asked('Does encoding work outside of a modal scope?', () =>
    encodesOutside(photoshop.imaging)
  )
  const network = await Promise.all(
    [url, url.replace('localhost', '127.0.0.1')].map((address) =>
      asked(`Can ${address} be reached?`, () => parts.reach(address))
    )
  )
  const address = `${url.replace('http', 'ws')}/api/socket`
  const socket = await asked(`Can a socket to ${address} be opened?`, () => parts.openSocket(address))
  const loaded: Finding = {
    question: 'Are files found beside the manifest, by the relative path of a script in its main page?',
    // Whoever reads this has the answer: nothing else runs this code.
    answer: 'Yes, this script runs.'
  }
  const page = { question: 'In what does the panel’s page run?', answer: parts.page }
  const eight = await onScratch(parts, 8, 'RGB', inRgb)
  const deep = await onScratch(parts, 16, 'RGB', inDeep)
  const grey = await onScratch(parts, 8, 'Grayscale', inGrey)
  const lines = [loaded, page, encodes, ...network, socket, ...eight, ...deep, ...grey].map(
    ({ question, answer }) => `${question}\n    ${answer}`
  )
  const { name, version, uiLocale } = uxp.host
  return [
    `Marquee ${uxp.versions.plugin} in ${name} ${version}, UXP ${uxp.versions.uxp}, ${uiLocale}`,
    ...lines
  ].join('\n')
}

/** A document that cannot be made costs its own answers only. */
async function onScratch(
  { photoshop, modal }: DiagnosticsParts,
  depth: 8 | 16,
  colorSpace: ColorSpace,
  look: (scratch: Scratch) => Promise<readonly Finding[]>
): Promise<readonly Finding[]> {
  try {
    return await modal.run('Diagnostics', 5000, (context) =>
      inScratch(photoshop, context, depth, colorSpace, look)
    )
  } catch (error) {
    const question = `Can a scratch document of ${depth} bits in ${colorSpace} be worked on?`
    return [{ question, answer: `Error: ${messageOf(error)}` }]
  }
}

async function asked(question: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { question, answer: await look() }
  } catch (error) {
    return { question, answer: `Error: ${messageOf(error)}` }
  }
}

async function inRgb(scratch: Scratch): Promise<readonly Finding[]> {
  const { photoshop, document, layer } = scratch
  return [
    await asked('What is read where there are no pixels?', async () => {
      const { imageData, sourceBounds } = await getPixels(scratch)
      imageData.dispose()
      return `Bounds ${JSON.stringify(sourceBounds)}, ${imageData.width} × ${imageData.height}.`
    }),
    await asked('Is alpha straight? [255, 0, 0, 128] is read back as', async () => {
      await put(scratch, new Uint8Array([255, 0, 0, 128]), 1, 4, 'RGB')
      const { imageData, sourceBounds } = await getPixels(scratch)
      const samples = await samplesOf(imageData)
      return `${JSON.stringify([...samples.slice(0, 4)])} at ${JSON.stringify(sourceBounds)}.`
    }),
    await asked('Are blocks of zeros in a mask kept?', async () => {
      await putMask(scratch, new Uint8Array(SIZE * SIZE).fill(255, 0, SIZE))
      const samples = await readMask(scratch)
      return `${samples.filter((value) => value !== 0).length} of ${SIZE} expected pixels are not zero.`
    }),
    await asked('What lies beside a mask that is smaller than the canvas?', async () => {
      await play(photoshop.action, selectLayer(layer.id), deleteMask)
      await putMask(scratch, new Uint8Array(16).fill(128), 4)
      const samples = await readMask(scratch)
      return `At the far corner: ${String(samples.at(-1))}.`
    }),
    await asked('Does a selection reach beyond the canvas?', async () => {
      const beyond = { ...whole, right: SIZE + 50 }
      await document.selection.selectRectangle(beyond, photoshop.constants.SelectionType.REPLACE)
      const { bounds, solid } = document.selection
      await document.selection.deselect()
      return `Right ${String(bounds?.right)}, solid ${String(solid)}.`
    }),
    await asked('Can a Background be freed where there is none?', async () => {
      await play(photoshop.action, freeBackground)
      return 'Yes.'
    })
  ]
}

async function inDeep(scratch: Scratch): Promise<readonly Finding[]> {
  return [
    await asked('16 bits: which samples are read back of 32768 and 1?', async () => {
      await put(scratch, new Uint16Array([32768, 1, 0, 32768]), 1, 4, 'RGB')
      const { imageData } = await getPixels(scratch)
      return JSON.stringify([...(await samplesOf(imageData)).slice(0, 4)])
    }),
    await asked('16 bits: can they be read as 8?', async () => {
      const { imageData } = await getPixels(scratch, { componentSize: 8 })
      return `${(await samplesOf(imageData)).length} samples of ${imageData.componentSize} bits.`
    }),
    await asked('16 bits: is a mask of 8 bits taken?', async () => {
      await putMask(scratch, new Uint8Array(SIZE * SIZE).fill(200))
      const samples = await readMask(scratch)
      return `Read back as ${samples.constructor.name}, 200 as ${String(samples[0])}.`
    }),
    await asked('16 bits: is a mask of 16 bits taken?', async () => {
      await putMask(scratch, new Uint16Array(SIZE * SIZE).fill(25700))
      const samples = await readMask(scratch)
      return `Read back as ${samples.constructor.name}, 25700 as ${String(samples[0])}.`
    })
  ]
}

async function inGrey(scratch: Scratch): Promise<readonly Finding[]> {
  return [
    await asked('Grayscale: is RGB taken by putPixels?', async () => {
      await put(scratch, new Uint8Array([200, 100, 50, 255]), 1, 4, 'RGB')
      const { imageData } = await getPixels(scratch)
      return `Read back as ${JSON.stringify([...(await samplesOf(imageData)).slice(0, 4)])}.`
    })
  ]
}

async function encodesOutside(imaging: Imaging): Promise<string> {
  const imageData = await imaging.createImageDataFromBuffer(new Uint8Array(48), {
    ...{ width: 4, height: 4, components: 3, colorSpace: 'RGB', colorProfile: SRGB, chunky: true }
  })
  try {
    const base64 = await imaging.encodeImageData({ imageData, base64: true })
    return `Yes, ${base64.length} characters.`
  } finally {
    imageData.dispose()
  }
}
