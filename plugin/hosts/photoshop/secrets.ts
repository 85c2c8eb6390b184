import type { SecureStorage } from './uxp-api.ts'

const TOKEN = 'marquee.token'

/** The server's token, kept where Photoshop keeps secrets. */
export interface Secrets {
  /** Empty where there is none. */
  readonly token: () => Promise<string>
  readonly keepToken: (token: string) => Promise<void>
}

export function createSecrets(storage: SecureStorage): Secrets {
  return {
    async token() {
      try {
        const bytes = await storage.getItem(TOKEN)
        // Tokens are ASCII, and this runtime may have no TextDecoder.
        return bytes === null ? '' : String.fromCharCode(...bytes)
      } catch {
        // Photoshop may lose what it keeps; pairing again is the way out of that, and the panel asks for it.
        return ''
      }
    },
    keepToken: (token) => storage.setItem(TOKEN, token)
  }
}
