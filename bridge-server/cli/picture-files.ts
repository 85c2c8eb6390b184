import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { invalid } from '../config-values.ts'
import { AppError } from '../errors.ts'
import { reasonOf } from './read-pictures.ts'

/** What the names of files may tell: `{seed}`, `{number}`, `{model}`. */
export interface Naming {
  readonly seed: number
  /** Of the picture among those of one job, from 1. */
  readonly number: number
  readonly model: string
}

export interface PictureFiles {
  /** Writes a picture, whole or not at all, and returns its file. Throws AppError 'disk-full' or 'model-exists'. */
  readonly write: (png: Uint8Array, naming: Naming) => Promise<string>
}

interface FilesParts {
  /** --out: a name, or a pattern; absent: named by the prompt. */
  readonly out: string | undefined
  readonly prompt: string
  readonly count: number
  /** Whether files may be replaced. */
  readonly force: boolean
}

/** Throws AppError 'settings-invalid' before any work is done for a name that cannot be, or is taken, or a folder that is closed. */
export function pictureFiles({ out, prompt, count, force }: FilesParts): PictureFiles {
  const pattern = patternOf(out, prompt, count)
  if (out !== undefined && !/\.png$/i.test(out))
    throw invalid(`--out must end in .png, but is ${out}.`, 'Pictures are written as PNG.')
  if (out !== undefined && !force && !hasSeed(pattern))
    for (let number = 1; number <= count; number++) {
      const file = named(pattern, { seed: 0, number, model: '' })
      if (!pattern.includes('{model}') && existsSync(file)) throw taken(file)
    }
  checkFolder(path.dirname(path.resolve(pattern)))
  return {
    async write(png, naming) {
      const file = named(pattern, naming)
      // Only a name of ours gives way; one that a person chose is theirs to change.
      const free = force || out !== undefined ? file : freeName(file)
      await writeWhole(free, png, { force, seed: naming.seed })
      return free
    }
  }
}

const hasSeed = (pattern: string): boolean => pattern.includes('{seed}')

function patternOf(out: string | undefined, prompt: string, count: number): string {
  if (out === undefined) return `${slugOf(prompt)}-{seed}.png`
  if (count === 1 || /\{(seed|number)\}/.test(out)) return out
  return out.replace(/(\.\w+)?$/, '-{number}$1')
}

const named = (pattern: string, { seed, number, model }: Naming): string =>
  pattern
    .replaceAll('{seed}', String(seed))
    .replaceAll('{number}', String(number))
    .replaceAll('{model}', slugOf(model))

const longestSlug = 48

/** Letters and digits of a text, the rest as hyphens. */
function slugOf(text: string): string {
  const words = text
    .toLowerCase()
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '')
  return Array.from(words).slice(0, longestSlug).join('').replace(/-+$/, '') || 'picture'
}

function freeName(file: string): string {
  for (let number = 2, name = file; ; number++) {
    if (!existsSync(name)) return name
    name = file.replace(/\.png$/, `-${number}.png`)
  }
}

/** A folder that is not there is made when it is needed, inside the nearest that is. */
function checkFolder(folder: string): void {
  let there = folder
  while (!existsSync(there) && path.dirname(there) !== there) there = path.dirname(there)
  try {
    if (!statSync(there).isDirectory()) throw new Error('it is no folder')
    accessSync(there, constants.W_OK)
  } catch (cause) {
    throw invalid(
      `Nothing can be written to ${there}: ${reasonOf(cause)}.`,
      'Choose another place with --out.'
    )
  }
}

interface Terms {
  readonly force: boolean
  /** What makes the same picture again. */
  readonly seed: number
}

async function writeWhole(file: string, bytes: Uint8Array, { force, seed }: Terms): Promise<void> {
  const draft = `${file}.${process.pid}.part`
  let claimed = false
  try {
    await mkdir(path.dirname(path.resolve(file)), { recursive: true })
    if (!force) {
      // Claims the name, so that two programs cannot both have found it free.
      await writeFile(file, '', { flag: 'wx' })
      claimed = true
    }
    await writeFile(draft, bytes, { flush: true })
    await rename(draft, file)
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined)
    if (claimed) await rm(file, { force: true })
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') throw taken(file)
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT'))
      throw new AppError('disk-full', {
        message: `The disk was full before ${file} was whole.`,
        hint: `Free some space, or choose another place with --out; --seed ${seed} makes the same picture.`,
        cause
      })
    throw invalid(`${file} cannot be written: ${reasonOf(cause)}.`, 'Choose another place with --out.')
  }
}

const taken = (file: string): AppError =>
  invalid(`There is a file ${file} already.`, 'Choose another name with --out, or replace it with --force.')
