import { invalid } from '../config-values.ts'
import { textOf, type Command } from './command.ts'
import { makePictures, promptOf } from './make-pictures.ts'
import { fileOptions, pictureOptions, readSize, readWhole, samplingOptions } from './picture-options.ts'
import { reachOptions } from './reach.ts'

const sides = [8, 8192] as const

export const txt2img: Command = {
  usage: 'PROMPT [options]',
  about: 'Makes pictures from a prompt.',
  examples: [
    'marquee txt2img "a red boat" --out boat.png',
    'marquee txt2img "a castle" --size 768x512 --count 3 --seed 7 --out "castle-{seed}.png"',
    'echo "a cat" | marquee txt2img - --out - > cat.png'
  ],
  options: [
    {
      title: 'Its size',
      options: {
        size: { type: 'string', value: 'WxH', about: 'in pixels; default: the model’s own' },
        width: { type: 'string', value: 'N', about: 'or each side by itself' },
        height: { type: 'string', value: 'N', about: '' }
      }
    },
    pictureOptions,
    samplingOptions,
    fileOptions,
    reachOptions
  ],
  run: async (line, terminal) => {
    const [size, width, height] = [
      readSize(line, 'size'),
      readWhole(line, 'width', sides),
      readWhole(line, 'height', sides)
    ]
    if (size !== null && (width ?? height) !== null)
      throw invalid('--size says both sides; --width and --height are for use without it.')
    if ((width === null) !== (height === null))
      throw invalid(
        `--${textOf(line, 'width') === undefined ? 'width' : 'height'} is missing beside the other side.`
      )
    const sidesGiven = width === null || height === null ? null : { width, height }
    const prompt = await promptOf(line, terminal)
    return makePictures(line, terminal, {
      ...{ mode: 'txt2img', prompt, scene: null, strength: 1 },
      size: size ?? sidesGiven
    })
  }
}
