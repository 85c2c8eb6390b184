import { textOf, type Command } from './command.ts'
import { imageOf, imageOptions } from './from-picture.ts'
import { makePictures, promptOf } from './make-pictures.ts'
import { edgeOptions, fileOptions, pictureOptions, samplingOptions } from './picture-options.ts'
import { reachOptions } from './reach.ts'
import { extended, readSides } from './scene.ts'

const { image } = imageOptions.options

export const outpaint: Command = {
  usage: 'PROMPT --image FILE [--outpaint left=64,right=64] [options]',
  about:
    'Goes on beyond the edges of a picture, and fills what is transparent in it. Old pixels stay as they are.',
  examples: ['marquee outpaint "a sandy beach" --image boat.png --outpaint left=64,right=64 --out wide.png'],
  options: [
    {
      title: 'Where it starts',
      options: {
        ...(image === undefined ? {} : { image }),
        outpaint: {
          type: 'string',
          value: 'SIDE=N,…',
          about: 'pixels to add at left, right, top and bottom; without it, what is transparent is filled'
        }
      }
    },
    edgeOptions,
    pictureOptions,
    samplingOptions,
    fileOptions,
    reachOptions
  ],
  run: async (line, terminal) => {
    const sides = textOf(line, 'outpaint')
    const added = sides === undefined ? { left: 0, right: 0, top: 0, bottom: 0 } : readSides(sides)
    const prompt = await promptOf(line, terminal)
    const scene = extended(await imageOf(line), added)
    return makePictures(line, terminal, { mode: 'outpaint', prompt, scene, size: null, strength: 1 })
  }
}
