import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { PublicError } from '@sightline/core'

/** Why a request was not let in. */
export interface Refusal extends Pick<PublicError, 'code' | 'message'> {
  readonly status: 400 | 403 | 404 | 429 | 503
  readonly retryAfterMs?: number
}

const PHRASES: Readonly<Record<Refusal['status'], string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
}

const headersOf = ({ retryAfterMs }: Refusal, body: string): Record<string, string> => ({
  'Content-Type': 'application/problem+json',
  'Content-Length': String(Buffer.byteLength(body)),
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  ...(retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) }),
})

const bodyOf = ({ status, code, message }: Refusal): string =>
  JSON.stringify({ type: 'about:blank', title: PHRASES[status], status, code, message })

export const refuseRequest = (response: ServerResponse, refusal: Refusal): void => {
  const body = bodyOf(refusal)
  response.writeHead(refusal.status, headersOf(refusal, body)).end(body)
}

/** An upgrade has no response object any more, only the socket. */
export const refuseUpgrade = (socket: Duplex, refusal: Refusal): void => {
  const body = bodyOf(refusal)
  const headers = { ...headersOf(refusal, body), Connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  // The other side may be gone already, and nobody else listens.
  socket.on('error', () => {})
  socket.end(`HTTP/1.1 ${refusal.status} ${PHRASES[refusal.status]}\r\n${lines.join('')}\r\n${body}`, () => socket.destroy())
}
