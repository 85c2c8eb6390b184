import { readlink, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'
import { isInside } from './inside-folder.ts'
import { shownName } from './tensor-table.ts'

/** A link in a models folder that is not followed. */
export interface StrayLink {
  /** Absolute path of the link itself. */
  readonly link: string
  /** Absolute path where it ends. */
  readonly leadsTo: string
  /** Nothing is there, or it leads round in a circle. */
  readonly isDead: boolean
}

/** Where something in a models folder really lies. */
export type Whereabouts =
  | { readonly is: 'inside'; readonly real: string }
  | { readonly is: 'stray'; readonly stray: StrayLink }
  | { readonly is: 'missing' }

/** The places that models may be read from, whatever links lead there. */
export interface ModelRoots {
  find(place: string): Promise<Whereabouts>
}

/**
 * What people name may be read: their folders, and files with what lies beside them, where these really lie. A name may itself
 * be a link. Of a revision in a Hugging Face cache, whose files are links, the blobs of its repository belong to it.
 */
export async function openRoots(folders: readonly string[]): Promise<ModelRoots> {
  const holders = (await Promise.all(folders.map(holdersOf))).flat()
  return {
    find: async (place) => {
      const real = await realpath(place).catch(() => null)
      if (real === null) return deadOrMissing(place)
      if (holders.some((holds) => holds(real))) return { is: 'inside', real }
      return { is: 'stray', stray: { link: place, leadsTo: real, isDead: false } }
    }
  }
}

type Holds = (real: string) => boolean

async function holdersOf(named: string): Promise<readonly Holds[]> {
  const real = await realpath(named).catch(() => null)
  if (real === null) return []
  if ((await stat(real)).isDirectory()) return [(place) => isInside(place, real), ...blobsOf(real)]
  const beside = await realpath(path.dirname(path.resolve(named)))
  return [(place) => place === real || path.dirname(place) === beside, ...blobsOf(beside)]
}

/** `models--ORG--NAME/snapshots/REVISION` has links to `models--ORG--NAME/blobs`. */
function blobsOf(folder: string): readonly Holds[] {
  const [, repository] = /^(.*[\\/]models--[^\\/]+)[\\/]snapshots([\\/]|$)/.exec(folder) ?? []
  return repository === undefined ? [] : [(place) => isInside(place, path.join(repository, 'blobs'))]
}

async function deadOrMissing(place: string): Promise<Whereabouts> {
  const target = await readlink(place).catch(() => null)
  if (target === null) return { is: 'missing' }
  const leadsTo = path.resolve(path.dirname(place), target)
  return { is: 'stray', stray: { link: place, leadsTo, isDead: true } }
}

/** What to say of a link that is not followed. Where it leads is for those who sit at the computer, and not in it. */
export function strayError({ link, isDead }: StrayLink): AppError {
  if (isDead)
    return new AppError('model-missing', {
      message: `${shownName(link)} is a link that leads nowhere.`,
      hint: 'Mend the link, or delete it.'
    })
  return new AppError('model-outside', {
    message: `${shownName(link)} is a link that leads out of the models folders, so it is not read.`,
    hint: 'Add the folder that it leads to as well, or put the file itself there.'
  })
}
