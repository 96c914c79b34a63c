import type { Clock } from '@sightline/core'
import type { HttpConnections } from './http-connections.ts'
import { isConnectionLoss } from './http-error.ts'
import { exchange, type HttpExchange } from './http-exchange.ts'
import { type HttpRequest, redirect } from './http-request.ts'
import { firstValue } from './response-headers.ts'

/** Where a check ended: its last request and answer, and what was followed on the way there. */
export interface HttpTrail {
  readonly request: HttpRequest
  readonly answer: HttpExchange
  readonly redirects: number
  /** From the check's start to the last request's; 0 without redirects. */
  readonly redirectMs: number
  readonly certificateEndsAt: number | undefined
  /** Why the last answer, a redirect, was not followed; null where it is none. */
  readonly refusal: string | null
}

export interface TrailOptions {
  readonly connections: HttpConnections
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly etag: string | undefined
  readonly maxRedirects: number
  readonly maxBodyBytes: number
  readonly isExpected: (statusCode: number) => boolean
}

/** Asks, and follows redirects. Never rejects. */
export const followTrail = async (first: HttpRequest, options: TrailOptions): Promise<HttpTrail> => {
  const { connections, clock, isExpected } = options
  const startedAt = clock.monotonic()
  const visited: string[] = []
  let request = first
  let redirectMs = 0
  for (;;) {
    // The tag belongs to what the URL itself answered, not to where it redirects to.
    const answer = await ask(request, { ...options, etag: visited.length === 0 ? options.etag : undefined })
    const { certificateEndsAt } = connections.to(request.origin)
    const trail: HttpTrail = { request, answer, redirects: visited.length, redirectMs, certificateEndsAt, refusal: null }
    const location = answer.error === null && isRedirect(answer.statusCode) ? firstValue(answer.headers, 'location') : undefined
    if (location === undefined || isExpected(answer.statusCode)) return trail

    const next = redirect(request, answer.statusCode, location)
    if ('refusal' in next) return { ...trail, refusal: next.refusal }
    visited.push(`${request.method} ${request.url.href}`)
    if (visited.includes(`${next.method} ${next.url.href}`)) return { ...trail, refusal: 'redirects in a loop' }
    if (visited.length > options.maxRedirects) return { ...trail, refusal: tooMany(options.maxRedirects) }
    redirectMs = clock.monotonic() - startedAt
    request = next
  }
}

const tooMany = (maxRedirects: number): string =>
  maxRedirects === 0
    ? 'redirects, and no redirect is to be followed'
    : `redirects again after ${maxRedirects}, the most that are followed`

const isRedirect = (statusCode: number): boolean =>
  statusCode === 301 || statusCode === 302 || statusCode === 303 || statusCode === 307 || statusCode === 308

const ask = async (request: HttpRequest, options: TrailOptions): Promise<HttpExchange> => {
  const { connections, clock, signal, etag, maxBodyBytes, isExpected } = options
  const once = {
    connection: connections.to(request.origin),
    request,
    clock,
    signal,
    etag,
    maxBodyBytes,
    isBodyWanted: isExpected,
  }
  const answer = await exchange(once)
  return isWorthRepeating(answer, request) && !signal.aborted ? exchange(once) : answer
}

/**
 * A kept connection that the server closes just as it is used again says nothing about the target: the request is repeated on a new
 * one, as https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 allows for idempotent methods. It cannot happen twice in a row.
 */
const isWorthRepeating = (answer: HttpExchange, { method }: HttpRequest): boolean =>
  answer.error !== null &&
  answer.opening === null &&
  !answer.hasAnswered &&
  method !== 'POST' &&
  method !== 'PATCH' &&
  isConnectionLoss(answer.cause)
