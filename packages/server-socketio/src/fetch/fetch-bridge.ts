import { ServerResponse } from 'node:http'
import type { NodeHandler } from '../node-handler.ts'
import { createFetchBody, type FetchBody } from './fetch-body.ts'
import { createFetchIncoming } from './fetch-incoming.ts'
import { createFetchSocket } from './fetch-socket.ts'

/** What a host knows of a request that the request itself does not say. */
export interface FetchFrom {
  /** The client's address, where the host knows it; limits are kept by it. Default unknown. */
  readonly address?: string
}

/** Statuses whose response may have no body, not even an empty one. */
const BODILESS: ReadonlySet<number> = new Set([101, 204, 205, 304])

/** Serves one request; rejects where it is given up before it is answered. */
const serveOne = (handle: NodeHandler, request: Request, address: string): Promise<Response> =>
  new Promise((resolve, reject) => {
    let body: FetchBody | null = null
    let reason: unknown = new Error('The response was cut off.')
    const socket = createFetchSocket({
      address,
      isEncrypted: request.url.startsWith('https:'),
      onHead: ({ status, headers }) => {
        if (request.method !== 'HEAD' && !BODILESS.has(status)) body = createFetchBody({ onCancel: () => socket.destroy() })
        resolve(new Response(body?.stream ?? null, { status, headers }))
      },
      onBody: (piece, done) => {
        if (body === null) done()
        else body.write(piece, done)
      },
    })
    const { incoming, cancel } = createFetchIncoming(request, socket)
    const response = new ServerResponse(incoming)
    // The end of the response ends its body, so that what is written after the head is the body as it is.
    response.useChunkedEncodingByDefault = false
    response.shouldKeepAlive = false
    response.sendDate = false
    response.assignSocket(socket)

    const abort = (): void => {
      reason = request.signal.reason
      socket.destroy()
    }
    request.signal.addEventListener('abort', abort, { once: true })
    // As a server does for its own sockets.
    socket.on('drain', () => response.emit('drain'))
    socket.on('error', (error) => {
      reason = error
    })
    response.once('finish', () => {
      body?.close()
      socket.destroy()
    })
    // The one end of everything: answered, given up by the reader, aborted, or cut off by the handler.
    socket.once('close', () => {
      request.signal.removeEventListener('abort', abort)
      body?.fail(reason)
      reject(reason)
      cancel(reason)
      incoming.destroy()
    })
    handle(incoming, response)
  })

/** A Node.js handler as a Fetch handler, for hosts such as Hono. */
export const fetchBridge =
  (handle: NodeHandler) =>
  async (request: Request, { address = '' }: FetchFrom = {}): Promise<Response> => {
    if (request.signal.aborted) {
      await request.body?.cancel(request.signal.reason).catch(() => {})
      throw request.signal.reason
    }
    return serveOne(handle, request, address)
  }
