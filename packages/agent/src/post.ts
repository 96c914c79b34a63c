import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** What became of a request. */
export type Posted =
  | { readonly kind: 'taken' }
  /** Not this time: it may be sent again, after so long where that is known. */
  | { readonly kind: 'later'; readonly retryAfterMs: number | null; readonly reason: string }
  | { readonly kind: 'too-large' }
  /** It would be refused again. */
  | { readonly kind: 'refused'; readonly reason: string }

/** Sends bodies to a server over kept connections that hold no process up. */
export interface Poster {
  post(path: string, body: { readonly text: string; readonly type: string }): Promise<Posted>
  /** From now on what is under way holds the process up: somebody waits for it. */
  hold(): void
  close(): void
}

export interface PosterOptions {
  /** Where Sightline is served, with its path. */
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

const compress = promisify(gzip)
/** Below this, headers cost more than is saved. */
const MIN_COMPRESSED = 1_024

const retryAfterOf = ({ headers }: IncomingMessage): number | null => {
  const given = headers['retry-after']
  if (given === undefined) return null
  const seconds = Number(given)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(given) - Date.now()
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 600_000) : null
}

const judge = (response: IncomingMessage): Posted => {
  const status = response.statusCode ?? 0
  if (status >= 200 && status < 300) return { kind: 'taken' }
  if (status === 413) return { kind: 'too-large' }
  const reason = `it was answered ${status}`
  // A token may be put right, and a server be started, while this process runs.
  const isPassing = status === 401 || status === 403 || status === 404 || status === 408 || status === 429 || status >= 500
  return isPassing ? { kind: 'later', retryAfterMs: retryAfterOf(response), reason } : { kind: 'refused', reason }
}

export const createPoster = ({ url, headers, timeoutMs }: PosterOptions): Poster => {
  const isSecure = url.protocol === 'https:'
  const options = { keepAlive: true, maxSockets: 2, timeout: timeoutMs }
  const agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options)
  const open = new Set<Socket>()
  let isHeld = false

  const watch = (socket: Socket): void => {
    if (isHeld) socket.ref()
    else socket.unref()
    if (open.has(socket)) return
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  }

  const begin = (path: string, sent: Readonly<Record<string, string | number>>): ClientRequest => {
    const target = new URL(`${url.pathname.replace(/\/$/, '')}${path}`, url)
    const request = isSecure ? requestHttps : requestHttp
    return request(target, { method: 'POST', agent, headers: sent, timeout: timeoutMs })
  }

  const exchange = (path: string, body: Buffer, sent: Readonly<Record<string, string | number>>): Promise<Posted> =>
    new Promise((resolve) => {
      const request = begin(path, sent)
      const fail = (reason: string): void => resolve({ kind: 'later', retryAfterMs: null, reason })
      const deadline = setTimeout(() => request.destroy(new Error('it took too long')), timeoutMs)
      deadline.unref()
      request.on('socket', watch)
      request.on('timeout', () => request.destroy(new Error('it took too long')))
      request.on('error', ({ message }) => fail(message))
      request.on('response', (response) => {
        const posted = judge(response)
        response.on('error', () => resolve(posted))
        response.on('end', () => resolve(posted))
        response.on('close', () => resolve(posted))
        response.resume()
      })
      request.on('close', () => {
        clearTimeout(deadline)
        fail('the connection was closed')
      })
      request.end(body)
    })

  return {
    post: async (path, { text, type }) => {
      const plain = Buffer.from(text)
      const isCompressed = plain.length >= MIN_COMPRESSED
      const body = isCompressed ? await compress(plain) : plain
      return exchange(path, body, {
        ...headers,
        'content-type': type,
        'content-length': body.length,
        ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
      })
    },
    hold: () => {
      isHeld = true
      for (const socket of open) socket.ref()
    },
    close: () => agent.destroy(),
  }
}
