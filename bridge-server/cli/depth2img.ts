import { textOf, type Command } from './command.ts'
import { imageOf, imageOptions, strengthOf } from './from-picture.ts'
import { makePictures, promptOf } from './make-pictures.ts'
import { fileOptions, pictureOptions, samplingOptions } from './picture-options.ts'
import { reachOptions } from './reach.ts'
import { checkSameSize, readGray } from './read-pictures.ts'

const usualStrength = 0.8

export const depth2img: Command = {
  usage: 'PROMPT --image FILE [options]',
  about: 'New looks, same shapes: keeps the depth of a picture. Needs a depth model.',
  examples: ['marquee depth2img "in the snow, at night" --image house.png --out winter.png'],
  options: [
    imageOptions,
    {
      title: 'Its depth',
      options: {
        depth: {
          type: 'string',
          value: 'FILE',
          about: 'a map of the same size, near is bright; default: estimated'
        }
      }
    },
    pictureOptions,
    samplingOptions,
    fileOptions,
    reachOptions
  ],
  run: async (line, terminal) => {
    const strength = strengthOf(line, usualStrength)
    const prompt = await promptOf(line, terminal)
    const canvas = await imageOf(line)
    const file = textOf(line, 'depth')
    const depth = file === undefined ? null : await readGray(file)
    if (depth !== null) checkSameSize('--depth', depth, canvas)
    return makePictures(line, terminal, {
      ...{ mode: 'depth2img', prompt, scene: { canvas, selection: null }, size: null, strength },
      ...(depth === null ? {} : { depth })
    })
  }
}
