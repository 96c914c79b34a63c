import type { Sightline } from '@sightline/core'
import type { FastifyPluginAsync } from 'fastify'
import { type ServeOptions, serve } from './serve.ts'

export interface FastifySightlineOptions extends ServeOptions {
  readonly sightline: Sightline
  /** Where it stands in the application, below the plugin's prefix. */
  readonly path: string
}

/**
 * @example
 * await fastify.register(fastifySightline, { sightline, path: '/sightline' })
 */
export const fastifySightline: FastifyPluginAsync<FastifySightlineOptions> = async (fastify, { sightline, path, ...options }) => {
  const base = `${fastify.prefix}${path}`
  const web = serve(sightline, { ...options, path: base })
  web.attach(fastify.server)

  // Bodies go on as they come: this encapsulated context parses none.
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null))
  for (const url of [path, `${path}/*`]) {
    fastify.all(url, (request, reply) => {
      reply.hijack()
      web.handler(request.raw, reply.raw)
    })
  }
  // Before Fastify waits for its connections to end, which WebSockets and polls would not.
  fastify.addHook('preClose', () => web.close())
}
