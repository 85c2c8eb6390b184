import { stat } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'
import type { ModelInfo } from '../protocol/catalogue.ts'
import { neighboursIn } from '../weights/extensions/extension-files.ts'
import { extensionInfo, kindOf } from '../weights/extensions/extension-info.ts'
import { createModelHashes } from '../weights/model-hashes.ts'
import { stemOf } from '../weights/model-info.ts'
import { openRoots } from '../weights/model-roots.ts'
import { openCheckpoint } from '../weights/open-checkpoint.ts'
import { readTensorFile } from '../weights/tensor-file.ts'
import type { Answer, Terminal } from './command.ts'
import { sizeText } from './wording.ts'

/** What a model file or folder is. Throws AppError that says why it is none. */
export async function modelFileInfo(
  file: string,
  cacheFolder: string,
  { progress }: Pick<Terminal, 'progress'>
): Promise<Answer> {
  progress.show(`Reading ${path.basename(file)} …`, null)
  const options = { cacheFolder: path.join(cacheFolder, 'converted') }
  try {
    const { info, unet } = await openCheckpoint(file, options)
    const files = (await stat(file)).isFile()
      ? [file]
      : unet.weights.names.map((name) => unet.weights.get(name)?.file ?? file)
    const sha256 = await hashOf([...new Set(files)].sort(), cacheFolder)
    return describeModel({ ...info, sha256 })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'model-unsupported') throw error
    return describeExtension(file, options, cacheFolder, error)
  }
}

/** What a person wants to know of a model. */
export function describeModel(info: ModelInfo): Answer {
  const { sampler, schedule, steps, guidance } = info.defaults
  const rows = [
    ['family', info.family],
    ['kind', info.conditioning === 'none' ? 'text to image' : info.conditioning],
    ['made for few steps', info.distillation === 'none' ? 'no' : info.distillation],
    ['predicts', info.prediction],
    ['precision', info.precision],
    ['size', sizeText(info.bytes)],
    ['pictures of', `${info.nativeSize} pixels`],
    ['usual', `${sampler}, ${schedule}, ${steps} steps, guidance ${guidance}`],
    ['sha256', info.sha256 ?? 'not computed yet']
  ] as const
  return {
    text: [`${info.name} (${info.id})`, ...rows.map(([name, value]) => `  ${name.padEnd(20)}${value}`)].join(
      '\n'
    ),
    value: { kind: 'model', ...info }
  }
}

/** A file that is no model may lie beside one; where it is nothing of ours, what was said of it stands. */
async function describeExtension(
  file: string,
  options: { readonly cacheFolder: string },
  cacheFolder: string,
  otherwise: AppError
): Promise<Answer> {
  if (!(await stat(file)).isFile()) throw otherwise
  const table = await readTensorFile(file, options)
  const kind = kindOf(table)
  if (kind === null) throw otherwise
  const name = stemOf(file)
  const neighbours = await neighboursIn(path.dirname(file), await openRoots([file]))
  const found = await extensionInfo({ id: name, name, file, neighbours }, kind, table)
  const sha256 = await hashOf([file], cacheFolder)
  return {
    text: [
      `${name}: ${kind}`,
      `  ${'made for'.padEnd(20)}${found.family ?? 'cannot be told'}`,
      ...(found.triggers.length === 0 ? [] : [`  ${'words'.padEnd(20)}${found.triggers.join(', ')}`]),
      `  ${'size'.padEnd(20)}${sizeText(found.bytes)}`,
      `  ${'tensors'.padEnd(20)}${table.weights.size}`,
      `  ${'sha256'.padEnd(20)}${sha256 ?? 'cannot be computed'}`
    ].join('\n'),
    value: { ...found, file, sha256 }
  }
}

/** Waits for it, unlike a list, which says what is known. */
export async function hashOf(files: readonly string[], cacheFolder: string): Promise<string | null> {
  const hashes = createModelHashes(cacheFolder)
  await hashes.get(files)
  await hashes.idle()
  return hashes.get(files)
}
