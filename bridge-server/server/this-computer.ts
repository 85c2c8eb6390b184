import type { FastifyRequest } from 'fastify'

/** What proxies add, for whom they ask: RFC 7239, RFC 9110 section 7.6.3, and names that came before and beside them. */
const forwarding =
  /^(forwarded|via|x-forwarded(-.*)?|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|(cf|fastly|fly)-(connecting|client)-ip)$/

/**
 * Whether a request was made on this computer: it came over loopback and no proxy says that it asks for somebody else. Who is
 * here may send such a header; it only takes away.
 */
export const isFromThisComputer = ({ ip, headers }: FastifyRequest): boolean =>
  /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(ip) && !isForwarded(headers)

export const isForwarded = (headers: FastifyRequest['headers']): boolean =>
  Object.keys(headers).some((name) => forwarding.test(name))
