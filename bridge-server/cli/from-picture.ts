import type { CommandLine } from '../command-line.ts'
import { invalid } from '../config-values.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import { textOf, type OptionGroup } from './command.ts'
import { readNumber } from './picture-options.ts'
import { checkSameSize, readGray, readPicture } from './read-pictures.ts'
import { inverted } from './scene.ts'

/** What of a picture is changed: for the commands that start from one. */
export const imageOptions: OptionGroup = {
  title: 'Where it starts',
  options: {
    image: { type: 'string', short: 'i', value: 'FILE', about: 'a PNG, JPEG or WebP; needed' },
    strength: { type: 'string', value: 'N', about: 'how much may change: 0 nothing, 1 everything' }
  }
}

export const strengthOf = (line: CommandLine, usual: number): number =>
  readNumber(line, 'strength', [0, 1]) ?? usual

/** Throws AppError 'settings-invalid' where none is named. */
export function imageOf(line: CommandLine): Promise<Rgba> {
  const file = textOf(line, 'image')
  if (file === undefined) throw invalid('--image is missing: the picture to start from.')
  return readPicture(file)
}

/** The selection of --mask, or null without one. */
export async function maskOf(line: CommandLine, picture: Rgba): Promise<Gray | null> {
  const file = textOf(line, 'mask')
  const isInverted = line.flags.has('invert-mask')
  if (file === undefined) {
    if (isInverted) throw invalid('--invert-mask is for --mask, which is missing.')
    return null
  }
  const mask = await readGray(file)
  checkSameSize('--mask', mask, picture)
  const selection = isInverted ? inverted(mask) : mask
  if (selection.data.some((value) => value > 0)) return selection
  throw invalid(
    '--mask lets nothing change: it is black everywhere.',
    'Paint white what may change, or use --invert-mask.'
  )
}
