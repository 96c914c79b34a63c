import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** A Fetch request as Node.js knows one. */
export interface FetchIncoming {
  readonly incoming: IncomingMessage
  /** Lets go of what is not read of the body. */
  cancel(reason?: unknown): void
}

/** The body is asked for a piece whenever somebody reads, so that what nobody wants stays with its sender. */
export const createFetchIncoming = (request: Request, socket: Socket): FetchIncoming => {
  const { pathname, search, host } = new URL(request.url)
  const { body } = request
  const headers: Record<string, string> = { host, ...Object.fromEntries(request.headers) }
  // A Fetch request need not know its length, and only this tells readers that a body is there.
  if (body !== null && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked'
  const incoming = new IncomingMessage(socket)
  let reader: ReadableStreamDefaultReader<Uint8Array> | null = null
  let isReading = false

  const end = (): void => {
    incoming.complete = true
    incoming.push(null)
  }
  const readPiece = async (from: ReadableStream<Uint8Array>): Promise<void> => {
    // A body that is always ready would otherwise keep everything else from its turn.
    if (reader !== null) await nextTurn()
    if (incoming.destroyed) return
    reader ??= from.getReader()
    const { done, value } = await reader.read()
    isReading = false
    if (incoming.destroyed) return
    if (done) end()
    else incoming.push(value)
  }

  Object.assign(incoming, {
    method: request.method,
    url: `${pathname}${search}`,
    httpVersion: '1.1',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    headers,
    rawHeaders: Object.entries(headers).flat(),
    _read: () => {
      // Says that somebody reads; until then Node.js keeps the stream from asking for more.
      IncomingMessage.prototype._read.call(incoming, 0)
      if (isReading) return
      if (body === null) {
        end()
        return
      }
      isReading = true
      readPiece(body).catch((error: unknown) => incoming.destroy(error as Error))
    },
  })
  return {
    incoming,
    cancel: (reason) => {
      // A body that failed, or that the host itself is reading, has nothing to be let go of.
      void (reader ?? body)?.cancel(reason).catch(() => {})
    },
  }
}
