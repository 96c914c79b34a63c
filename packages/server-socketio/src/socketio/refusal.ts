import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { PublicError } from '@sightline/core'
import { correlationIdFrom } from '../correlation-id.ts'

/** Why a request was not let in. */
export interface Refusal extends Pick<PublicError, 'code' | 'message'> {
  readonly status: 400 | 403 | 404 | 421 | 429 | 503
  readonly retryAfterMs?: number
}

const PHRASES: Readonly<Record<Refusal['status'], string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
}

const compose = (request: IncomingMessage, { status, code, message, retryAfterMs }: Refusal) => {
  const correlationId = correlationIdFrom(request.headers['x-correlation-id'])
  const body = JSON.stringify({ type: 'about:blank', title: PHRASES[status], status, code, message, correlationId })
  const headers: Readonly<Record<string, string>> = {
    'Content-Type': 'application/problem+json',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Correlation-Id': correlationId,
    ...(retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) }),
  }
  return { body, headers }
}

export const refuseRequest = (request: IncomingMessage, response: ServerResponse, refusal: Refusal): void => {
  const { body, headers } = compose(request, refusal)
  response.writeHead(refusal.status, headers).end(body)
}

/** An upgrade has no response object any more, only the socket. */
export const refuseUpgrade = (request: IncomingMessage, socket: Duplex, refusal: Refusal): void => {
  const { body, headers } = compose(request, refusal)
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
  // The other side may be gone already, and nobody else listens.
  socket.on('error', () => {})
  socket.end(`HTTP/1.1 ${refusal.status} ${PHRASES[refusal.status]}\r\n${lines.join('')}\r\n${body}`, () => socket.destroy())
}
