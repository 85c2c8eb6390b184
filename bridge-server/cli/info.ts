import { existsSync } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { invalid } from '../config-values.ts'
import { configOf, reachOptions } from './reach.ts'
import { AppError } from '../errors.ts'
import { readParameters } from '../image/metadata.ts'
import { sourceIn, type DigitalSource } from '../image/provenance.ts'
import { toldParameters } from '../image/told-parameters.ts'
import { extension } from '../weights/extensions/extension-files.ts'
import type { Answer, Command } from './command.ts'
import { modelFileInfo } from './model-file-info.ts'
import { reasonOf } from './read-pictures.ts'

const { data } = reachOptions.options

export const info: Command = {
  usage: 'FILE',
  about:
    'What a picture says of how it was made (texts of a PNG, EXIF comments of JPEG and WebP), or what a model file is: family, precision, sizes, hash. Folders of diffusers are models too.',
  examples: ['marquee info boat.png', 'marquee info ~/models/v1-5-pruned-emaonly.safetensors'],
  options: [{ title: 'Where', options: data === undefined ? {} : { data } }],
  run: async (line, terminal) => {
    const [file, extra] = line.positionals
    if (file === undefined || extra !== undefined) throw invalid('info takes one file: marquee info FILE.')
    const stats = await stat(file).catch((cause: unknown) => {
      throw new AppError('not-found', { message: `${file} cannot be read: ${reasonOf(cause)}.`, cause })
    })
    if (stats.isFile() && (await isPicture(file))) return pictureInfo(file)
    refuseOthers(file, stats.isFile())
    return modelFileInfo(path.resolve(file), path.join(configOf(line, terminal.env).data, 'cache'), terminal)
  }
}

/** Throws AppError for what cannot be a model: its first bytes would be read as one, and what is said of them be nonsense. */
function refuseOthers(file: string, isFile: boolean): void {
  const isPromising = isFile
    ? extension.test(file)
    : ['model_index.json', 'config.json'].some((name) => existsSync(path.join(file, name)))
  if (isPromising) return
  throw new AppError('model-unsupported', {
    message: isFile
      ? `${file} is neither a picture that is known here (PNG, JPEG, WebP) nor a model file.`
      : `${file} is a folder, and no model of diffusers: it has no model_index.json.`,
    hint: isFile ? 'Model files end in .safetensors, .ckpt, .pt, .pth or .bin.' : 'Name a file in it.'
  })
}

/** PNG, JPEG or WebP, by their first bytes. */
async function isPicture(file: string): Promise<boolean> {
  const handle = await open(file, 'r')
  try {
    const { buffer } = await handle.read(Buffer.alloc(12), 0, 12, 0)
    const begin = buffer.toString('latin1')
    return (
      begin.startsWith('\u0089PNG') || begin.startsWith('\u00ff\u00d8\u00ff') || /^RIFF....WEBP/s.test(begin)
    )
  } finally {
    await handle.close()
  }
}

const sourceWords: Readonly<Record<DigitalSource, string>> = {
  trainedAlgorithmicMedia: 'Made by a model',
  compositeWithTrainedAlgorithmicMedia: 'Edited with what a model made'
}

async function pictureInfo(file: string): Promise<Answer> {
  const bytes = await readFile(file)
  const { pictureSize, pictureTexts } = await import('../image/codec.ts')
  const size = await pictureSize(bytes)
  const text = await pictureTexts(bytes)
  const told = toldParameters(text)
  const source = sourceIn(text)
  const parameters = told === null ? null : readParameters(told)
  const others = Object.entries(text).filter(
    ([keyword, value]) => value !== told && !/digitalsourcetype/i.test(value) && keyword !== 'UserComment'
  )
  return {
    text: [
      `${path.basename(file)}: ${size.width} × ${size.height} pixels`,
      ...(source === null ? [] : [sourceWords[source]]),
      told ?? 'It does not say how it was made.',
      ...others.map(([keyword, value]) => `${keyword}: ${value}`)
    ].join('\n'),
    value: {
      kind: 'picture',
      ...{ file, ...size, text, source },
      parameters:
        parameters === null ? null : { ...parameters, fields: Object.fromEntries(parameters.fields) }
    }
  }
}
