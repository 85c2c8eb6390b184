import { invalid } from '../config-values.ts'
import { readWatermark } from '../image/watermark.ts'
import type { Command } from './command.ts'
import { readPicture } from './read-pictures.ts'

export const watermark: Command = {
  usage: 'read FILE',
  about:
    'Reads the invisible watermark of the original Stable Diffusion scripts (dwtDct) and its sturdier relative (dwtDctSvd). A crop or a new size removes it.',
  examples: ['marquee watermark read picture.png'],
  options: [],
  run: async ({ positionals: [verb, file, extra] }) => {
    if (verb !== 'read' || file === undefined || extra !== undefined)
      throw invalid('watermark takes: marquee watermark read FILE.')
    const found = readWatermark(await readPicture(file))
    return {
      text:
        found === null ? 'No watermark of Stable Diffusion was found.' : `${found.text} (${found.method})`,
      value: { file, watermark: found }
    }
  }
}
