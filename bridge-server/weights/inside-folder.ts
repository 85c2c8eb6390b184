import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'

/**
 * People link models folders and files as they like, and what they link is read. What was sent or downloaded never goes
 * through such a link: throws AppError 'settings-invalid' where `folder` is, or lies behind, one that leads out of `root`.
 */
export async function refuseOutside(folder: string, root: string): Promise<void> {
  const [real, realRoot] = [await realpath(folder), await realpath(root)]
  if (real === realRoot || real.startsWith(realRoot + path.sep)) return
  throw new AppError('settings-invalid', {
    message: `${folder} is a link that leads out of the models folder, to ${real}; nothing is sent or downloaded through it.`,
    hint: 'Replace the link by a folder, and add the one it led to under Manage models.'
  })
}
