import { isIP } from 'node:net'

/** Does a server answer to this `Host`? */
export type HostPolicy = (host: string | undefined) => boolean

export interface HostPolicyOptions {
  /** The address the server listens on. */
  readonly boundTo: string
  readonly allowedOrigins: readonly string[]
  readonly trustedProxies: number
}

const hostnameOf = (host: string): string | null => {
  const text = `http://${host}`
  return URL.canParse(text) ? new URL(text).hostname.toLowerCase() : null
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

/**
 * A server for this machine alone is reached by an address or as `localhost`. Any other name is that of a web page that had its own name
 * resolved to this machine (DNS rebinding), to read as one of the server's own pages. The names of the allowed origins are let in, and every
 * name where the server listens for others or a proxy of one's own stands in front.
 */
export const createHostPolicy = ({ boundTo, allowedOrigins, trustedProxies }: HostPolicyOptions): HostPolicy => {
  if (!isLoopback(boundTo) || trustedProxies > 0) return () => true
  const named = new Set(allowedOrigins.map((origin) => new URL(origin).hostname))
  return (host) => {
    // Only a program, never a browser, leaves it out.
    if (host === undefined) return true
    const name = hostnameOf(host)
    if (name === null) return false
    const isAddress = isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
    return isAddress || name === 'localhost' || name.endsWith('.localhost') || named.has(name)
  }
}
