import type { Sightline } from '@sightline/core'
import type { Clock } from '@sightline/core/ports'
import type { Request, RequestHandler, Response } from 'express'
import { clientAddress } from '../client-address.ts'
import { correlationIdFrom } from '../correlation-id.ts'
import type { Prometheus } from './prometheus.ts'
import { headersOf, setContext } from './request-context.ts'
import { ANY_FILE } from './static-files.ts'

export interface RequestObserverOptions {
  readonly sightline: Pick<Sightline, 'authenticate' | 'logger'>
  readonly prometheus: Prometheus
  readonly trustedProxies: number
  readonly clock: Clock
}

const UNMATCHED = 'unmatched'

/** The route's pattern; requests that no route took share one name, or strangers could make any number of series. */
const endpointOf = ({ route }: Request): string => {
  if (typeof route?.path !== 'string') return UNMATCHED
  return route.path === ANY_FILE ? 'static' : route.path
}

/** Gives every request its context, and counts and logs it when it is over. */
export const observeRequests =
  ({ sightline, prometheus, trustedProxies, clock }: RequestObserverOptions): RequestHandler =>
  (request: Request, response: Response, next) => {
    const correlationId = correlationIdFrom(request.get('x-correlation-id'))
    const logger = sightline.logger.child({ correlationId })
    const address = clientAddress(request, trustedProxies)
    const startedAtMs = clock.monotonic()
    const gone = new AbortController()
    let caller: ReturnType<Sightline['authenticate']> | null = null
    setContext(response, {
      correlationId,
      logger,
      address,
      startedAtMs,
      signal: gone.signal,
      caller: () => {
        caller ??= sightline.authenticate({ headers: headersOf(request), auth: null, address })
        return caller
      },
    })
    response.setHeader('X-Correlation-Id', correlationId)
    response.once('close', () => {
      const { method } = request
      const endpoint = endpointOf(request)
      const durationMs = clock.monotonic() - startedAtMs
      if (!response.writableFinished) gone.abort()
      const status = response.writableFinished ? response.statusCode : 499
      prometheus.observe({ method, endpoint, status, durationMs })
      logger.debug({ method, endpoint, status, durationMs: Math.round(durationMs) }, 'A request was served.')
    })
    next()
  }
