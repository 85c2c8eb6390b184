import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'

/** Whether a place is a folder or lies in it; both as they really lie, without links. */
export function isInside(place: string, folder: string): boolean {
  const way = path.relative(folder, place)
  return way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way)
}

/**
 * What was sent or downloaded goes into one folder, whatever else may be read: throws AppError 'settings-invalid' where
 * `folder` is, or lies behind, a link that leads out of `root`.
 */
export async function refuseOutside(folder: string, root: string): Promise<void> {
  const real = await realpath(folder)
  if (isInside(real, await realpath(root))) return
  throw new AppError('settings-invalid', {
    message: `${folder} is a link that leads out of the models folder, to ${real}; nothing is sent or downloaded through it.`,
    hint: 'Replace the link by a folder, and add the one it led to under Manage models.'
  })
}
