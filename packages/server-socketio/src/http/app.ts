import { constants } from 'node:zlib'
import { type Sightline, SightlineError } from '@sightline/core'
import type { Clock } from '@sightline/core/ports'
import compression from 'compression'
import express, { type Express, type Request, type RequestHandler } from 'express'
import type { OriginPolicy } from '../origin-policy.ts'
import type { RateLimiter } from '../rate-limit.ts'
import { crossOrigin } from './cross-origin.ts'
import { indexRoute } from './index-route.ts'
import type { LogBodyLimits } from './log-body-limits.ts'
import { logExportRoute } from './log-export.ts'
import { logIngestRoutes } from './log-ingest.ts'
import { prometheusRoute, showsToken, upgradeRoutes } from './metrics-routes.ts'
import { type OpenApiDocument, openApiDocument } from './openapi.ts'
import { operationRoutes } from './operation-routes.ts'
import { problemHandler, unknownRoute } from './problem.ts'
import type { Prometheus } from './prometheus.ts'
import { contextOf } from './request-context.ts'
import { observeRequests } from './request-observer.ts'
import type { securityHeaders } from './security-headers.ts'
import { staticFiles } from './static-files.ts'
import { askTogether, demandView, healthRoutes, systemRoutes } from './system-routes.ts'
import { topicRoutes } from './topic-routes.ts'

export interface AppOptions {
  readonly sightline: Sightline
  readonly clock: Clock
  readonly prometheus: Prometheus
  readonly rateLimiter: RateLimiter
  readonly originOf: OriginPolicy
  readonly protect: ReturnType<typeof securityHeaders>
  readonly trustedProxies: number
  readonly maxBodyBytes: number
  readonly logBodies: Required<LogBodyLimits>
  readonly metricsPath: string
  readonly metricsToken: string | null
  readonly commit: string | null
  readonly staticFolder: string | null
  /** No client is served. */
  readonly isHealthOnly: boolean
  readonly base: string
  readonly socket: { readonly path: string; readonly namespace: string }
  isDraining(): boolean
}

/** At the root, and below every prefix. */
const HEALTH = /^(\/api(\/v1)?)?\/health(\/(detailed|live|ready))?\/?$/

/** A balancer that is answered 429 takes the server out, and a scraper shows who it is. */
const isUnlimited = (request: Request, { metricsPath, metricsToken }: AppOptions): boolean =>
  HEALTH.test(request.path) ||
  ((request.path === metricsPath || request.path === PROMETHEUS_PATH) && showsToken(request, metricsToken))

const limitRate =
  (options: AppOptions): RequestHandler =>
  async (request, response, next) => {
    const { address } = contextOf(response)
    const retryAfterMs = isUnlimited(request, options) ? 0 : await options.rateLimiter.take(address)
    if (retryAfterMs > 0) throw new SightlineError('TOO_MANY_REQUESTS', 'Too many requests from this address.', { retryAfterMs })
    next()
  }

const PROMETHEUS_PATH = '/api/metrics'

const openApiRoute = ({ sightline, base, metricsPath, staticFolder }: AppOptions): RequestHandler => {
  let document: OpenApiDocument | null = null
  return async (_request, response) => {
    await demandView(sightline, response)
    document ??= openApiDocument({
      operations: sightline.operations,
      topics: sightline.topics,
      info: sightline.info(),
      base,
      metricsPath,
      hasIndex: staticFolder === null,
    })
    response.json(document)
  }
}

/** Nearly as small as the defaults, in a third of the time. */
const COMPRESSION = { level: 3, brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: 2 } } }

const serveClients = (app: Express, options: AppOptions): void => {
  const { sightline, staticFolder, base } = options
  app.use(compression(COMPRESSION))
  const openApi = openApiRoute(options)
  app.get('/openapi.json', openApi)
  app.use(upgradeRoutes(options.socket, '/api/v1'))
  for (const prefix of ['/api/v1', '/api']) {
    app.use(systemRoutes(options, prefix))
    app.get(`${prefix}/openapi.json`, openApi)
    app.use(topicRoutes(sightline, prefix))
    app.use(logIngestRoutes(options, prefix))
    app.use(logExportRoute(options, prefix))
    app.use(operationRoutes(options, prefix))
  }
  if (staticFolder === null) app.get('/', indexRoute(options))
  else app.use(staticFiles(staticFolder, base))
}

/** Everything served over HTTP but Socket.IO, below whatever path it is mounted at. */
export const createApp = (options: AppOptions): Express => {
  const { sightline, prometheus, trustedProxies, clock, protect } = options
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(observeRequests({ sightline, prometheus, trustedProxies, clock }))
  app.use(protect)
  app.use(crossOrigin(options.originOf))
  app.use(limitRate(options))

  const scrape = prometheusRoute({ sightline, prometheus, token: options.metricsToken })
  const health = { ...options, health: askTogether(sightline.health) }
  app.use(healthRoutes(health, ''))
  app.get(options.metricsPath, scrape)
  app.get(PROMETHEUS_PATH, scrape)
  for (const prefix of ['/api/v1', '/api']) app.use(healthRoutes(health, prefix))
  if (!options.isHealthOnly) serveClients(app, options)
  app.use(unknownRoute)
  app.use(problemHandler)
  return app
}
