import { hostname, networkInterfaces } from 'node:os'

/** Who may connect. */
export interface Access {
  /** Another address or name of this computer than those that only it can reach, or null. */
  readonly host: string | null
  /** PEM texts; null: without encryption. */
  readonly tls: { readonly key: string; readonly cert: string } | null
}

const loopback = ['localhost', '127.0.0.1', '[::1]']
const everywhere = ['0.0.0.0', '::']

/** The names under which the server answers, as they stand in URLs, the one to be printed first. */
export function namesOf({ host }: Access): readonly string[] {
  if (host === null) return loopback
  const own = everywhere.includes(host) ? ownNames() : [host]
  return [...own.map(inUrl), ...loopback]
}

/** Addresses on which the server listens beside the first, so that `localhost` is served whichever it means. */
export function furtherAddresses({ host }: Access): readonly string[] {
  if (host === '::') return []
  return host === null || host === '0.0.0.0' ? ['::1'] : ['127.0.0.1', '::1']
}

/** As browsers write it: small letters, and IPv6 in its short form. */
const inUrl = (name: string): string => {
  const text = name.includes(':') ? `[${name}]` : name
  return URL.canParse(`http://${text}`) ? new URL(`http://${text}`).hostname : text
}

function ownNames(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
  const name = hostname().toLowerCase()
  return [name, ...(name.includes('.') ? [] : [`${name}.local`]), ...addresses]
}
