import { timingSafeEqual } from 'node:crypto'
import type { Sightline } from '@sightline/core'
import { type Request, type RequestHandler, Router } from 'express'
import type { Prometheus } from './prometheus.ts'
import { demand } from './system-routes.ts'

/** 426: metrics are pushed, not fetched. Names the Socket.IO path and the events to use. */
export const upgradeRoutes = (socket: { readonly path: string; readonly namespace: string }, prefix: string): Router => {
  const router = Router()
  const answer: RequestHandler = (_request, response) => {
    response.setHeader('Upgrade', 'websocket')
    response.setHeader('Connection', 'Upgrade')
    response.status(426).json({
      status: 426,
      error: 'Upgrade Required',
      message: `Metrics are pushed over Socket.IO: connect to ${socket.path} and send one of the events.`,
      socket,
      events: {
        get: 'metrics:get',
        data: 'metrics:data',
        subscribe: 'metrics:subscribe',
        unsubscribe: 'metrics:unsubscribe',
        update: 'metrics-update',
        error: 'metrics:error',
      },
    })
  }
  router.get(`${prefix}/metrics`, answer)
  router.get(`${prefix}/metrics/:region`, answer)
  return router
}

const isToken = (header: string | undefined, token: string): boolean => {
  const given = Buffer.from(header ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** Does this request show the bearer token of the Prometheus page? */
export const showsToken = (request: Request, token: string | null): boolean =>
  token !== null && isToken(request.get('authorization'), token)

export interface PrometheusRouteOptions {
  readonly sightline: Pick<Sightline, 'allows'>
  readonly prometheus: Prometheus
  /** A bearer token that opens the page without a login. */
  readonly token: string | null
}

const METRICS = 'system:metrics'

/** Prometheus text, for whoever shows the token or has the permission `system:metrics`. */
export const prometheusRoute =
  ({ sightline, prometheus, token }: PrometheusRouteOptions): RequestHandler =>
  async (request, response) => {
    if (!showsToken(request, token)) await demand(sightline, response, METRICS)
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('Content-Type', prometheus.contentType)
    response.send(await prometheus.text())
  }
