import { type ErrorCode, SightlineError } from '@sightline/core'
import { abortCode, describeSocketFault, faultCode } from '../socket/socket-fault.ts'

/** How far a request had come. */
export type HttpPhase = 'connecting' | 'waiting' | 'reading'

/** Where and when something went wrong. `target` is host and port, nothing more of the URL. */
export interface HttpFailure {
  readonly target: string
  readonly phase: HttpPhase
  readonly bodyBytes: number
  readonly declaredBytes: number | undefined
}

/** Anything undici, Node's sockets or TLS may reject with, as an error to show: no URL, no header, no body in it. */
export const toHttpError = (thrown: unknown, failure: HttpFailure): SightlineError => {
  if (thrown instanceof SightlineError) return thrown
  // A parser's error holds the bytes it could not read, up to a whole read of the socket, and may lack a code.
  if (thrown instanceof Error && thrown.name === 'HTTPParserError') {
    return new SightlineError('UNAVAILABLE', `The answer of ${failure.target} is not valid HTTP/1.1.`, {
      cause: new Error(thrown.message),
    })
  }
  const [code, message] = describe(codeOf(thrown), failure)
  return new SightlineError(code, message, { cause: thrown })
}

/** The check was given up: at its timeout (a reason named `TimeoutError`, or a `SightlineError`), or because polling stopped. */
export const toAbortError = (reason: unknown, failure: HttpFailure): SightlineError => {
  const code = abortCode(reason)
  const what = code === 'TIMEOUT' ? 'Timed out' : 'Given up'
  const message = {
    connecting: `${what} while connecting to ${failure.target}.`,
    waiting: `${what} while waiting for ${failure.target} to answer.`,
    reading: `${what} while reading the body from ${failure.target}, ${progress(failure)}.`,
  }[failure.phase]
  return new SightlineError(code, message, { cause: reason })
}

/** The other side ended the connection, as it may at any time between two requests. */
export const isConnectionLoss = (thrown: unknown): boolean => {
  const code = codeOf(thrown)
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET'
}

const describe = (code: string, failure: HttpFailure): readonly [ErrorCode, string] => {
  const { target } = failure
  const known = describeSocketFault(code, target)
  if (known !== null) return known
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return ['TIMEOUT', `The connection to ${target} timed out.`]
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return ['TIMEOUT', `${target} took too long to answer.`]
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return ['UNAVAILABLE', connectionLost(failure)]
    case 'UND_ERR_HEADERS_OVERFLOW':
      return ['TOO_LARGE', `The response headers from ${target} are too long.`]
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return ['ABORTED', `The probe of ${target} was closed.`]
  }
  return [
    'UNAVAILABLE',
    failure.phase === 'connecting' ? `${target} cannot be reached (${code}).` : `The request to ${target} failed (${code}).`,
  ]
}

const connectionLost = (failure: HttpFailure): string => {
  if (failure.phase === 'reading') return `Connection closed by ${failure.target} amid the body, ${progress(failure)}.`
  return failure.phase === 'waiting'
    ? `Connection closed by ${failure.target} before it answered.`
    : `Connection closed by ${failure.target} while connecting.`
}

const progress = ({ bodyBytes, declaredBytes }: HttpFailure): string =>
  declaredBytes === undefined ? `after ${bodyBytes} bytes` : `after ${bodyBytes} of ${declaredBytes} bytes`

const codeOf = (thrown: unknown): string => faultCode(thrown) ?? 'no code given'
