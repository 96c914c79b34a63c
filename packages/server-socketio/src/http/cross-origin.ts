import { SightlineError } from '@sightline/core'
import type { RequestHandler } from 'express'
import type { OriginPolicy } from '../origin-policy.ts'

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'
const ALLOWED_HEADERS = 'Content-Type, Authorization, Idempotency-Key, If-None-Match, X-Correlation-Id'
const EXPOSED_HEADERS = 'ETag, Retry-After, X-Correlation-Id'
const PREFLIGHT_SECONDS = 600

/** CORS for the listed origins. A page of any other may not change anything, whatever cookies its reader's browser sends along. */
export const crossOrigin =
  (originOf: OriginPolicy): RequestHandler =>
  (request, response, next) => {
    const verdict = originOf(request.headers)
    response.vary('Origin')
    if (!verdict.ok) {
      if (!SAFE_METHODS.has(request.method)) throw new SightlineError('FORBIDDEN', verdict.reason)
    } else if (verdict.allowed !== null) {
      response.setHeader('Access-Control-Allow-Origin', verdict.allowed)
      response.setHeader('Access-Control-Allow-Credentials', 'true')
      response.setHeader('Access-Control-Expose-Headers', EXPOSED_HEADERS)
    }
    if (request.method !== 'OPTIONS' || request.get('access-control-request-method') === undefined) {
      next()
      return
    }
    if (verdict.ok && verdict.allowed !== null) {
      response.setHeader('Access-Control-Allow-Methods', ALLOWED_METHODS)
      response.setHeader('Access-Control-Allow-Headers', ALLOWED_HEADERS)
      response.setHeader('Access-Control-Max-Age', String(PREFLIGHT_SECONDS))
    }
    response.status(204).end()
  }
