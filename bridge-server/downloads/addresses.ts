import { BlockList, isIP } from 'node:net'

/** What only this computer or its own network can reach. */
const local = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16]
] as const)
  local.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10]
] as const)
  local.addSubnet(net, prefix, 'ipv6')

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')

/** Whether an address names this computer or one of its own network; a name that is bound to such an address is not seen. */
export function isLocal(url: URL): boolean {
  const host = hostOf(url)
  const version = isIP(host)
  if (version === 0) return host === 'localhost' || /\.(localhost|local|internal)$/.test(host)
  return local.check(host, version === 4 ? 'ipv4' : 'ipv6')
}

/** Whether an address names this computer. */
export const isLoopback = (url: URL): boolean => /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(hostOf(url))

/** An address, which may stand in relation to another; null: it is none. */
export const urlOf = (text: string, base?: URL): URL | null =>
  URL.canParse(text, base?.href) ? new URL(text, base) : null

/** What is wrong with a mirror's address, in words that end a sentence; null: nothing. */
export function faultOfMirror(text: string, { hasHash }: { readonly hasHash: boolean }): string | null {
  const url = urlOf(text)
  if (url === null) return 'is no address'
  if (url.username !== '' || url.password !== '')
    return 'holds a name or a password; addresses are shown to people'
  if (url.protocol === 'https:' || isLoopback(url)) return null
  return hasHash ? null : 'is not encrypted (http), so the entry needs a sha256'
}

/**
 * What is wrong with following a mirror's redirect, in words that end a sentence; null: nothing. Encryption is never given
 * up, and a mirror of the world never leads into this computer or its network.
 */
export function faultOfRedirect(from: URL, to: URL): string | null {
  if (to.protocol !== 'https:' && to.protocol !== 'http:')
    return `leads to ${to.protocol}, which is not the web`
  if (to.protocol === 'http:' && from.protocol === 'https:') return `leads to ${to.host} without encryption`
  if (to.username !== '' || to.password !== '') return 'leads to an address with a name or a password in it'
  if (isLocal(to) && !isLocal(from)) return `leads to ${to.host}, which is in your own network`
  return null
}
