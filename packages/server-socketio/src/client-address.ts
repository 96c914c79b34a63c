import type { IncomingMessage } from 'node:http'

interface Peer {
  readonly headers: IncomingMessage['headers']
  readonly socket: { readonly remoteAddress?: string | undefined } | null
}

const plain = (address: string): string => address.trim().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')

/**
 * The address a request came from. `trustedProxies` counts the proxies of one's own in front: that many entries at the end of
 * `X-Forwarded-For` are believed, and none where it is 0, because anybody can send that header. Empty where it is not known.
 */
export const clientAddress = ({ headers, socket }: Peer, trustedProxies: number): string => {
  const forwarded = headers['x-forwarded-for']
  const remote = plain(socket?.remoteAddress ?? '')
  if (trustedProxies === 0 || forwarded === undefined) return remote
  const chain = [...String(forwarded).split(','), remote].map(plain)
  return chain[Math.max(0, chain.length - 1 - trustedProxies)] ?? remote
}

/** What limits count by: an IPv4 address, or the /64 of an IPv6 address, since one customer has a whole /64. */
export const addressBlock = (address: string): string => {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  return [...left, ...Array.from({ length: zeros }, () => '0'), ...right].slice(0, 4).join(':')
}

/** Did the request reach us, or the outermost proxy of our own, over TLS? */
export const isSecure = ({ headers, socket }: Peer, trustedProxies: number): boolean =>
  (socket !== null && 'encrypted' in socket && socket.encrypted === true) ||
  (trustedProxies > 0 &&
    String(headers['x-forwarded-proto'] ?? '')
      .split(',')[0]
      ?.trim() === 'https')
