import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { AppError } from '../errors.ts'
import { clientKey, owner } from '../jobs/job.ts'
import { checked } from '../parse.ts'
import { TokenFile, type NamedToken } from '../protocol/tokens.ts'
import { keepSecret } from './keep-secret.ts'

export { clientKey, owner }

/** Tokens at most; each may cost a comparison in every request. */
const most = 100

/** Who may come in: the owner, and those whom the owner gave a token with a name. */
export interface Tokens {
  /** The id of the named token that this is, `owner`, or null. Takes a time that tells nothing about the tokens. */
  holderOf(given: string): string | null
  /** Makes a token, which is shown this once. Throws AppError 'too-many'. */
  add(name: string): { readonly id: string; readonly token: string }
  list(): readonly NamedToken[]
  /** Throws AppError 'not-found'. */
  revoke(id: string): void
  /** Calls back with the id of a token that is revoked; returns the way to stop. */
  onRevoke(listener: (id: string) => void): () => void
}

interface TokensParts {
  readonly ownerToken: string
  /** Has the sha256 of named tokens, never a token. */
  readonly file: string
  readonly now: () => number
}

/** Throws AppError 'data-damaged' where a token in the file cannot be read. */
export function openTokens({ ownerToken, file, now }: TokensParts): Tokens {
  const ownerHash = hashOf(ownerToken)
  let known = existsSync(file) ? readTokens(file) : []
  const listeners = new Set<(id: string) => void>()

  const keep = (tokens: typeof known): void => {
    keepSecret(file, JSON.stringify({ tokens }, null, 2))
    known = tokens
  }

  return {
    holderOf: (given) => {
      const hash = hashOf(given)
      let holder = timingSafeEqual(hash, ownerHash) ? owner : null
      for (const { id, sha256 } of known) if (timingSafeEqual(hash, Buffer.from(sha256, 'hex'))) holder = id
      return holder
    },
    add: (name) => {
      if (known.length >= most)
        throw new AppError('too-many', {
          message: `There are ${known.length} tokens already.`,
          hint: 'Revoke those that nobody uses any more.'
        })
      const token = randomBytes(24).toString('base64url')
      const id = `token-${randomBytes(6).toString('hex')}`
      keep([...known, { id, name, created: now(), sha256: hashOf(token).toString('hex') }])
      return { id, token }
    },
    list: () => known.map(({ id, name, created }) => ({ id, name, created })),
    revoke: (id) => {
      if (!known.some((token) => token.id === id))
        throw new AppError('not-found', { message: `There is no token ${id.slice(0, 64)}.` })
      keep(known.filter((token) => token.id !== id))
      for (const listener of listeners) listener(id)
    },
    onRevoke: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
  }
}

/** All or none: the next change would forget the token that was left out. */
function readTokens(file: string) {
  try {
    return checked(TokenFile, JSON.parse(readFileSync(file, 'utf8'))).tokens
  } catch (cause) {
    throw new AppError('data-damaged', {
      message: `The file ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Mend it, or delete it; it holds the tokens that were given to others, who would need new ones.',
      cause
    })
  }
}

/** A token has 192 random bits, so a plain hash of it tells nothing. */
const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()
