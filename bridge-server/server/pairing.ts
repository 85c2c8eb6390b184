import { randomInt } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'
import { checked } from '../parse.ts'
import { PairingClaim } from '../protocol/tokens.ts'
import { isSame } from './security.ts'

/** Without letters and digits that look alike. */
const alphabet = 'ABCDEFGHJKMNPQRSTVWXYZ23456789'
const length = 6
const lifeSeconds = 300
/** Wrong codes before the right one is void: of 30⁶ codes, five guesses find one in 10⁸. */
const guesses = 5
/** Claims of anybody in a minute. */
const claimsPerMinute = 20

interface PairingParts {
  /** Makes the token that a claim is answered with. */
  readonly issue: () => string
  /** Milliseconds. */
  readonly now: () => number
}

/** Lets a panel that cannot open the link in by a short code: shown where a person is let in already, typed where not. */
export interface Pairing {
  /** A new code; the one before is void. */
  offer(): { readonly code: string; readonly expiresIn: number }
  /** A token for the code, once. Throws AppError 'unauthorized'. */
  claim(code: string): string
}

export function createPairing({ issue, now }: PairingParts): Pairing {
  let offered: { readonly code: string; readonly until: number; wrong: number } | null = null
  let claims: number[] = []

  return {
    offer() {
      const code = Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
      offered = { code, until: now() + lifeSeconds * 1000, wrong: 0 }
      return { code, expiresIn: lifeSeconds }
    },
    claim(code) {
      claims = [...claims.filter((at) => at > now() - 60_000), now()]
      if (claims.length > claimsPerMinute) throw refusal('Too many codes were tried.', 'Wait a minute.')
      if (offered !== null && offered.until < now()) offered = null
      if (offered === null)
        throw refusal(
          'There is no such code any more.',
          'Open Marquee’s page in the browser and let it show a new one.'
        )
      if (!isSame(code, offered.code)) {
        offered.wrong++
        if (offered.wrong >= guesses) offered = null
        throw refusal('That is not the code.', 'Compare it with what Marquee’s page shows.')
      }
      offered = null
      return issue()
    }
  }
}

const refusal = (message: string, hint: string): AppError => new AppError('unauthorized', { message, hint })

/** `POST /api/pairing` for the owner: who was let in lets nobody else in, who would stay when that token is revoked. */
export function offerRoute(app: FastifyInstance, pairing: Pairing): void {
  app.post('/api/pairing', () => pairing.offer())
}

/** `POST /api/pairing/claim` for those who have a code. */
export function claimRoute(app: FastifyInstance, pairing: Pairing): void {
  app.post<{ Body: unknown }>('/api/pairing/claim', { bodyLimit: 1024 }, ({ body }) => {
    const { code } = checked(PairingClaim, body, {
      name: 'The claim',
      hint: 'Send { "code": "…" } as JSON; the panel in the browser shows one under “Photoshop panel”.'
    })
    return { token: pairing.claim(code) }
  })
}
