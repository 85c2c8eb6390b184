import { CodedError } from './coded-error.ts'
import { createHttp } from './http.ts'

/** A code that lets a panel without the token in, once and for a short while. */
export interface PairingCode {
  readonly code: string
  /** Seconds that it is good for. */
  readonly expiresIn: number
}

interface Claimed {
  readonly token: string
}

/** Asks the server, as someone it knows, for a code. Rejects with CodedError. */
export async function requestPairingCode(options: Parameters<typeof createHttp>[0]): Promise<PairingCode> {
  return createHttp(options).askJson('/pairing', isPairingCode, { method: 'POST' })
}

/** Exchanges a code for the token. Rejects with CodedError 'unauthorized' that says why, or 'not-running'. */
export function createPairingClient(url: string, fetcher: typeof fetch) {
  const http = createHttp({ url, token: 'none', clientId: 'none', fetch: fetcher })
  return {
    async claim(typed: string): Promise<string> {
      const code = typed.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
      if (code === '') throw new CodedError('unauthorized', 'Type the code that Marquee’s page shows.')
      const body = JSON.stringify({ code })
      const headers = { 'Content-Type': 'application/json' }
      return (await http.askJson('/pairing/claim', isClaimed, { method: 'POST', body, headers })).token
    }
  }
}

const isPairingCode = (value: unknown): value is PairingCode =>
  typeof value === 'object' && value !== null && 'code' in value && 'expiresIn' in value

const isClaimed = (value: unknown): value is Claimed =>
  typeof value === 'object' && value !== null && 'token' in value && typeof value.token === 'string'
