import { STATUS_CODES } from 'node:http'
import { type ErrorCode, type PublicError, SightlineError } from '@sightline/core'
import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import { contextOf } from './request-context.ts'

/** The HTTP status of every error code. */
const statusOf: Readonly<Record<ErrorCode, number>> = {
  INVALID_INPUT: 400,
  INVALID_CONFIG: 500,
  UNKNOWN_OPERATION: 404,
  UNKNOWN_TOPIC: 404,
  UNKNOWN_EVENT: 404,
  UNKNOWN_REGION: 404,
  NOT_FOUND: 404,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  CONFLICT: 409,
  TOO_MANY_REQUESTS: 429,
  TOO_LARGE: 413,
  TIMEOUT: 504,
  UNAVAILABLE: 503,
  // nginx's "client closed request": nobody reads it but the log.
  ABORTED: 499,
  INCOMPATIBLE: 409,
  UNSUPPORTED: 501,
  BAD_DOCUMENT: 502,
  INTERNAL: 500,
}

/** Seconds to wait where the error itself does not say. */
const DEFAULT_RETRY_SECONDS = 1

/** Sets status and headers; answers the body, RFC 9457. `code`, `message` and `correlationId` are ours; `fields` names what did not fit. */
export const prepareProblem = (response: Response, error: PublicError, status = statusOf[error.code]): string => {
  const { code, message, ...details } = error
  if (status === 429 || status === 503) {
    response.setHeader('Retry-After', String(Math.max(DEFAULT_RETRY_SECONDS, Math.ceil((details.retryAfterMs ?? 0) / 1000))))
  }
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer')
  response.setHeader('Cache-Control', 'no-store')
  response.status(status).type('application/problem+json')
  const title = STATUS_CODES[status] ?? 'Error'
  const { correlationId } = contextOf(response)
  return JSON.stringify({ type: 'about:blank', title, status, code, message, correlationId, ...details })
}

const sendProblem = (response: Response, error: PublicError, status = statusOf[error.code]): void => {
  if (response.headersSent) response.destroy()
  else response.send(prepareProblem(response, error, status))
}

/** Nobody is sent back more of a path than tells it from others. */
const LONGEST_PATH = 100

export const unknownRoute: RequestHandler = ({ method, path }, response) => {
  const named = path.length > LONGEST_PATH ? `${path.slice(0, LONGEST_PATH)}…` : path
  sendProblem(response, { code: 'NOT_FOUND', message: `There is no ${method} ${named} here.` })
}

interface HttpError {
  readonly status: number
  readonly type?: string
}

const isHttpError = (thrown: unknown): thrown is HttpError =>
  thrown instanceof Error &&
  'status' in thrown &&
  typeof thrown.status === 'number' &&
  thrown.status >= 400 &&
  thrown.status < 500

/** What Express and its body parser reject with, in words of our own: theirs may quote what was sent. */
const fromHttpError = ({ status, type }: HttpError): PublicError => {
  if (status === 413) return { code: 'TOO_LARGE', message: 'The body is too large.' }
  if (status === 415)
    return {
      code: 'INVALID_INPUT',
      message: 'This encoding or character set is not taken; send UTF-8 JSON (logs also as NDJSON).',
    }
  if (type === 'request.aborted') return { code: 'ABORTED', message: 'The request was aborted.' }
  if (type === 'entity.parse.failed') return { code: 'INVALID_INPUT', message: 'The body is not valid JSON.' }
  return { code: 'INVALID_INPUT', message: 'The request could not be read.' }
}

export const problemHandler: ErrorRequestHandler = (thrown: unknown, _request, response, _next) => {
  if (isHttpError(thrown)) {
    sendProblem(response, fromHttpError(thrown), thrown.status)
    return
  }
  // A path such as /%ff cannot be decoded; Express throws a plain URIError.
  const error =
    thrown instanceof URIError ? new SightlineError('INVALID_INPUT', 'The path could not be read.') : SightlineError.from(thrown)
  if (error.code === 'INTERNAL') {
    contextOf(response).logger.error({ error: String(error.cause ?? error) }, 'A request failed.')
  }
  sendProblem(response, error.toPublic())
}
