import { invalid } from '../config-values.ts'
import { textOf, type Command } from './command.ts'
import { choose } from './choose.ts'
import { makePictures } from './make-pictures.ts'
import { fileOptions, pictureOptions, readNumber, samplingOptions } from './picture-options.ts'
import { reachOptions } from './reach.ts'
import { readPicture } from './read-pictures.ts'

export const upscale: Command = {
  usage: 'FILE [options]',
  about:
    'Makes a picture larger: by an upscaling network, or Lanczos. With --creative a model then refines it in tiles, guided by --prompt.',
  examples: [
    'marquee upscale small.png --factor 2 --out large.png',
    'marquee upscale small.png --upscaler 4x-UltraSharp --factor 4 --creative 0.3 --prompt "a castle"'
  ],
  options: [
    {
      title: 'How',
      options: {
        factor: { type: 'string', value: 'N', about: 'how many times larger each side becomes, 1 to 8 (2)' },
        upscaler: {
          type: 'string',
          value: 'NAME',
          about: 'default: the first network that is here, else lanczos'
        },
        creative: {
          type: 'string',
          value: 'N',
          about: 'how much a model may change after that, 0…1; default: not at all'
        },
        prompt: { type: 'string', value: 'TEXT', about: 'what is to be seen, for --creative' }
      }
    },
    pictureOptions,
    samplingOptions,
    fileOptions,
    reachOptions
  ],
  run: async (line, terminal) => {
    const [file, extra] = line.positionals
    if (file === undefined || extra !== undefined)
      throw invalid('upscale takes one picture: marquee upscale FILE.')
    const factor = readNumber(line, 'factor', [1, 8]) ?? 2
    const strength = readNumber(line, 'creative', [0, 1])
    if (strength === null && line.texts.has('prompt'))
      throw invalid(
        '--prompt is for --creative, which is missing.',
        'Without it no model looks at the picture.'
      )
    const wanted = textOf(line, 'upscaler')
    const canvas = await readPicture(file)
    return makePictures(line, terminal, {
      ...{ mode: 'upscale', prompt: textOf(line, 'prompt') ?? '', strength: 1, size: null },
      scene: { canvas, selection: null },
      upscale: ({ upscalers, extensions }) => ({
        upscaler:
          wanted === undefined
            ? (extensions.find(({ kind }) => kind === 'upscaler')?.id ?? 'lanczos')
            : choose('upscaler', wanted, upscalers).id,
        factor,
        ...(strength === null ? {} : { creative: { strength } })
      })
    })
  }
}
