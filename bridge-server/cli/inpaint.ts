import { invalid } from '../config-values.ts'
import type { Command } from './command.ts'
import { imageOf, imageOptions, maskOf, strengthOf } from './from-picture.ts'
import { makePictures, promptOf } from './make-pictures.ts'
import { fileOptions, maskOptions, pictureOptions, samplingOptions } from './picture-options.ts'
import { reachOptions } from './reach.ts'

export const inpaint: Command = {
  usage: 'PROMPT --image FILE --mask FILE [options]',
  about:
    'Makes something new where the mask is white. Outside its soft edge the picture stays byte for byte.',
  examples: ['marquee inpaint "a red car" --image street.png --mask mask.png --out car.png'],
  options: [imageOptions, maskOptions, pictureOptions, samplingOptions, fileOptions, reachOptions],
  run: async (line, terminal) => {
    const strength = strengthOf(line, 1)
    const prompt = await promptOf(line, terminal)
    const canvas = await imageOf(line)
    const selection = await maskOf(line, canvas)
    if (selection === null)
      throw invalid('--mask is missing: a picture that is white where something new may come.')
    return makePictures(line, terminal, {
      ...{ mode: 'inpaint', prompt, scene: { canvas, selection }, size: null, strength }
    })
  }
}
