import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { AppError } from '../errors.ts'
import { keepSecret } from './keep-secret.ts'

/** Who puts a token of their own there may have a shorter one, but not one that is guessed. */
const shortest = 16

/**
 * The token in `file`, made at the first start; only the person who runs the server may read it. Throws AppError 'data-damaged'
 * where the file holds none: whoever loses power while it is written must not let everybody in.
 */
export function openToken(file: string): string {
  if (!existsSync(file)) {
    const token = randomBytes(24).toString('base64url')
    keepSecret(file, token)
    return token
  }
  const token = readFileSync(file, 'utf8').trim()
  if (token.length >= shortest) return token
  throw new AppError('data-damaged', {
    message: `The token in ${file} has ${token.length} characters; at least ${shortest} are needed.`,
    hint: 'Delete the file, and a new token is made at the next start.'
  })
}
