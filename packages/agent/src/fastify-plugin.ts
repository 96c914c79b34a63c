import type { HostReporter } from './reporter.ts'
import { watchProcess } from './watched-process.ts'

/** What is used of Fastify. */
export interface FastifyHost {
  // biome-ignore lint/suspicious/noExplicitAny: Fastify's own types depend on its version and its server
  addHook(name: any, hook: any): unknown
}

/** For `fastify.register`. */
export type ReportingPlugin = (fastify: FastifyHost, options: unknown, done: (error?: Error) => void) => void

/**
 * As `expressMiddleware`, for every route of a Fastify server.
 *
 * @example
 * await fastify.register(fastifyPlugin(createAgent({ url, service: 'checkout' })))
 */
export const fastifyPlugin = (reporter: HostReporter): ReportingPlugin => {
  const plugin: ReportingPlugin = (fastify, _options, done) => {
    const unwatch = watchProcess(reporter)
    const startedAt = new WeakMap<object, number>()

    const count = (reply: { readonly statusCode: number }, request: object): void => {
      const at = startedAt.get(request)
      if (at === undefined) return
      startedAt.delete(request)
      try {
        reporter.countRequest(performance.now() - at, reply.statusCode >= 500)
      } catch {
        // The host goes on.
      }
    }

    fastify.addHook('onRequest', (request: object, _reply: unknown, next: () => void) => {
      startedAt.set(request, performance.now())
      next()
    })
    fastify.addHook('onResponse', (request: object, reply: { readonly statusCode: number }, next: () => void) => {
      count(reply, request)
      next()
    })
    fastify.addHook('onRequestAbort', (request: object, next: () => void) => {
      count({ statusCode: 499 }, request)
      next()
    })
    fastify.addHook('onClose', (_instance: unknown, next: () => void) => {
      unwatch()
      next()
    })
    done()
  }
  // Its hooks are those of the server that registers it, not of a scope of its own.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: '@sightline/agent' })
}
