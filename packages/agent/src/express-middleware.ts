import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HostReporter } from './reporter.ts'
import { watchProcess } from './watched-process.ts'

/** Fits Express, Connect, Nest on Express, and `node:http` itself. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

/**
 * Reports every request: how many, how long, how many failed (status 500 and above, or cut off by the server), whatever the route; and what
 * the process uses. One that the client gave up on is no error. Nothing here changes a response, also where the reporter fails.
 *
 * @example
 * app.use(expressMiddleware(createAgent({ url, service: 'checkout' })))
 */
export const expressMiddleware = (reporter: HostReporter): Middleware => {
  watchProcess(reporter)
  return (_request, response, next) => {
    try {
      const startedAt = performance.now()
      let isCounted = false
      const count = (): void => {
        if (isCounted) return
        isCounted = true
        try {
          reporter.countRequest(performance.now() - startedAt, response.statusCode >= 500)
        } catch {
          // The host goes on.
        }
      }
      response.once('finish', count)
      response.once('close', count)
    } catch {
      // The host goes on.
    }
    next()
  }
}
