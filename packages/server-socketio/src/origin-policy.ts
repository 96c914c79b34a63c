import type { IncomingHttpHeaders } from 'node:http'
import { SightlineError } from '@sightline/core'

/** Which web pages may talk to this server. */
export type OriginPolicy = (headers: IncomingHttpHeaders) => OriginVerdict

/** `allowed` is the origin to name in `Access-Control-Allow-Origin`; null where no page of another origin is asking. */
export type OriginVerdict =
  | { readonly ok: true; readonly allowed: string | null }
  | { readonly ok: false; readonly reason: string }

const parseOrigin = (text: string): URL | null => {
  const url = URL.canParse(text) ? new URL(text) : null
  return url !== null && url.origin !== 'null' && url.origin.toLowerCase() === text.toLowerCase().replace(/\/$/, '') ? url : null
}

/** The host as the page's scheme spells it: `example.com:443` and `example.com` are one to an https page. */
const hostFor = (protocol: string, host: string): string | null => {
  const text = `${protocol}//${host}`
  return URL.canParse(text) ? new URL(text).host : null
}

/**
 * The pages that may: those of the server's own host, and those listed. What sends no `Origin` (other programs, and most requests of a
 * page to its own server) may too, unless the browser says (`Sec-Fetch-Site`) that a foreign page is asking. `null` (sandboxed frames,
 * files) never may.
 *
 * @throws SightlineError `INVALID_CONFIG` for an entry of `allowedOrigins` that is not an origin such as `https://status.example.com`
 */
export const createOriginPolicy = (allowedOrigins: readonly string[] = []): OriginPolicy => {
  const allowed = new Set(
    allowedOrigins.map((text) => {
      const url = parseOrigin(text)
      if (url !== null) return url.origin
      const message = `${JSON.stringify(text)} is no origin; write scheme and host, such as https://status.example.com`
      throw new SightlineError('INVALID_CONFIG', `clientUrl: ${message}.`, { fields: [{ path: 'clientUrl', message }] })
    }),
  )

  return (headers) => {
    const { origin, host } = headers
    if (origin === undefined) {
      return headers['sec-fetch-site'] === 'cross-site'
        ? { ok: false, reason: 'A page of another site may not connect.' }
        : { ok: true, allowed: null }
    }
    const url = parseOrigin(origin)
    if (url === null) return { ok: false, reason: 'This origin may not connect.' }
    if (allowed.has(url.origin)) return { ok: true, allowed: url.origin }
    if (host !== undefined && hostFor(url.protocol, host) === url.host) return { ok: true, allowed: null }
    return { ok: false, reason: `The origin ${url.origin} may not connect; add it to clientUrl to let it in.` }
  }
}
