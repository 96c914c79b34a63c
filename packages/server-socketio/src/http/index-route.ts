import type { RequestHandler } from 'express'
import { isAllowedToView, type SystemRoutesOptions } from './system-routes.ts'

export interface IndexRouteOptions extends Pick<SystemRoutesOptions, 'sightline' | 'socket'> {
  /** The path everything stands below; empty for none. */
  readonly base: string
}

/** Where everything is, for who opens the mount itself; what is beyond links is for who may see `/info`. */
export const indexRoute = ({ sightline, socket, base }: IndexRouteOptions): RequestHandler => {
  const links = {
    health: `${base}/health`,
    info: `${base}/api/v1/info`,
    openapi: `${base}/openapi.json`,
    metrics: `${base}/api/metrics`,
    socket: socket.path,
  }
  return async (_request, response) => {
    const { name, version } = sightline.info()
    const isShown = await isAllowedToView(sightline, response)
    response.setHeader('Cache-Control', 'no-store')
    response.json({ ...(isShown ? { name, version } : {}), links })
  }
}
