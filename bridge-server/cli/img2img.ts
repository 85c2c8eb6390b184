import type { Command } from './command.ts'
import { imageOf, imageOptions, maskOf, strengthOf } from './from-picture.ts'
import { makePictures, promptOf } from './make-pictures.ts'
import { fileOptions, maskOptions, pictureOptions, samplingOptions } from './picture-options.ts'
import { reachOptions } from './reach.ts'

const usualStrength = 0.6

export const img2img: Command = {
  usage: 'PROMPT --image FILE [options]',
  about: 'Changes a picture as far as the strength says (0.6); with a mask, only where that is white.',
  examples: ['marquee img2img "an oil painting" --image photo.jpg --strength 0.5 --out painting.png'],
  options: [imageOptions, maskOptions, pictureOptions, samplingOptions, fileOptions, reachOptions],
  run: async (line, terminal) => {
    const strength = strengthOf(line, usualStrength)
    const prompt = await promptOf(line, terminal)
    const canvas = await imageOf(line)
    const scene = { canvas, selection: await maskOf(line, canvas) }
    return makePictures(line, terminal, { mode: 'img2img', prompt, scene, size: null, strength })
  }
}
