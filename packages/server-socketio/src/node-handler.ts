import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * A request listener of Node.js that may pass on what is none of its business, as Express and Connect know it.
 *
 * @example
 * app.use(web.handler)
 * createServer((request, response) => web.handler(request, response))
 */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void
