import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from 'helmet'
import { isSecure } from '../client-address.ts'
import { ONE_YEAR_SECONDS } from './one-year.ts'

/** Directives beside `default-src 'self'`, by their names: `{ 'connect-src': ['https://api.example.com'] }`. `'self'` stays allowed. */
export type ContentSecurityPolicy = Readonly<Record<string, readonly string[]>>

export interface SecurityHeadersOptions {
  readonly contentSecurityPolicy: ContentSecurityPolicy
  readonly trustedProxies: number
}

type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

export const securityHeaders = ({ contentSecurityPolicy, trustedProxies }: SecurityHeadersOptions): Middleware => {
  const additions = Object.entries(contentSecurityPolicy).map(([name, sources]) => [name, ["'self'", ...sources]])
  const protect = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'base-uri': ["'self'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
        'object-src': ["'none'"],
        ...Object.fromEntries(additions),
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: false,
  })

  return (request, response, next) => {
    // Only for this host name: a host's other names are not ours to decide about.
    if (isSecure(request, trustedProxies)) response.setHeader('Strict-Transport-Security', `max-age=${ONE_YEAR_SECONDS}`)
    protect(request, response, next)
  }
}
