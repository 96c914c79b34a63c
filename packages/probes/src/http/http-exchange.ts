import { type Clock, SightlineError } from '@sightline/core'
import type { Dispatcher } from 'undici'
import type { Opening } from '../socket/opening.ts'
import { BodyBuffer } from './body-buffer.ts'
import type { HttpConnection, RequestHandler } from './http-connection.ts'
import { type HttpFailure, toAbortError, toHttpError } from './http-error.ts'
import type { HttpRequest } from './http-request.ts'
import { declaredBytes, type ResponseHeaders } from './response-headers.ts'

export interface ExchangeOptions {
  readonly connection: HttpConnection
  readonly request: HttpRequest
  /** Sent as `if-none-match`. */
  readonly etag: string | undefined
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly maxBodyBytes: number
  /** Is the body of such an answer wanted? One that is not is read over, to keep the connection, if it is short. */
  readonly isBodyWanted: (statusCode: number) => boolean
}

/** What is read of a body that nobody wants before the connection is given up instead. */
const maxUnwantedBytes = 16_384

/** Makes one request. Never rejects: what went wrong is the exchange's `error`. Settles at once when the signal aborts. */
export const exchange = (options: ExchangeOptions): Promise<HttpExchange> =>
  new Promise((resolve) => new HttpExchange(options, resolve).start())

/**
 * One request and what came of it. It is undici's handler, the abort listener and the result at once: a check makes this one
 * object and no closures.
 */
export class HttpExchange implements RequestHandler {
  readonly #options: ExchangeOptions
  readonly #resolve: (exchange: HttpExchange) => void
  readonly #body: BodyBuffer
  #controller: Dispatcher.DispatchController | null = null
  #isSettled = false
  #isBodyWanted = false
  #startedAt = 0
  #firstByteAt: number | null = null
  #endedAt = 0

  /** 0 until the answer's headers are there. */
  statusCode = 0
  headers: ResponseHeaders = {}
  bodyBytes = 0
  error: SightlineError | null = null
  /** As undici gave it, for what depends on its code. */
  cause: unknown = null
  opening: Opening | null | undefined

  constructor(options: ExchangeOptions, resolve: (exchange: HttpExchange) => void) {
    this.#options = options
    this.#resolve = resolve
    this.#body = new BodyBuffer(options.maxBodyBytes)
  }

  get body(): Uint8Array {
    return this.#body.bytes()
  }

  /** Did the other side send anything at all? */
  get hasAnswered(): boolean {
    return this.#firstByteAt !== null
  }

  /** From the request's start on its connection to the answer's first byte; 0 where none came. */
  get firstByteMs(): number {
    return this.#firstByteAt === null ? 0 : this.#firstByteAt - this.#startedAt
  }

  /** From the first byte to the last. */
  get downloadMs(): number {
    return this.#firstByteAt === null ? 0 : this.#endedAt - this.#firstByteAt
  }

  start(): void {
    const { connection, request, etag, signal } = this.#options
    if (signal.aborted) {
      this.handleEvent()
      return
    }
    signal.addEventListener('abort', this)
    connection.dispatch(
      {
        origin: request.origin,
        path: request.path,
        method: request.method as Dispatcher.HttpMethod,
        headers: etag === undefined ? (request.headers as string[]) : [...request.headers, 'if-none-match', etag],
        body: request.body,
        ...(connection.isFresh ? { reset: true } : undefined),
      },
      this,
    )
  }

  /** The signal's `abort`. */
  handleEvent(): void {
    const reason = this.#options.signal.reason
    this.#fail(reason, toAbortError(reason, this.#failure()))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isSettled) {
      controller.abort(new Error('aborted'))
      return
    }
    this.#controller = controller
    this.opening = this.#options.connection.takeOpening()
    this.#startedAt = this.#options.clock.monotonic()
  }

  onResponseStarted(): void {
    this.#firstByteAt ??= this.#options.clock.monotonic()
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number, headers: ResponseHeaders): void {
    if (statusCode < 200) return
    this.onResponseStarted()
    this.statusCode = statusCode
    this.headers = headers
    this.#isBodyWanted = this.#options.isBodyWanted(statusCode)
    // Of the others a length may be told, but not sent.
    const hasBody = this.#options.request.method !== 'HEAD' && statusCode !== 204 && statusCode !== 304
    const length = hasBody ? (declaredBytes(headers) ?? 0) : 0
    if (this.#isBodyWanted && length > this.#options.maxBodyBytes) this.#failTooLarge()
    else if (!this.#isBodyWanted && length > maxUnwantedBytes) this.#settleEarly()
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.bodyBytes += chunk.length
    if (this.#isBodyWanted) {
      if (!this.#body.append(chunk)) this.#failTooLarge()
    } else if (this.bodyBytes > maxUnwantedBytes) {
      this.#settleEarly()
    }
  }

  onResponseEnd(): void {
    this.#settle()
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (!this.#isSettled) this.#fail(error, toHttpError(error, this.#failure()))
  }

  #failTooLarge(): void {
    const { request, maxBodyBytes } = this.#options
    const error = new SightlineError('TOO_LARGE', `The body from ${request.target} is longer than ${maxBodyBytes} bytes.`)
    this.#fail(error, error)
  }

  #fail(cause: unknown, error: SightlineError): void {
    // An answer whose status is the verdict stays the verdict, however its unwanted body ends.
    if (this.statusCode === 0 || this.#isBodyWanted) {
      this.cause = cause
      this.error = error
    }
    this.#settleEarly()
  }

  /** Settles, then ends what undici is still doing; it may call back, to nobody. */
  #settleEarly(): void {
    if (this.#isSettled) return
    this.#settle()
    const reason = this.error ?? new Error('enough read')
    if (this.#controller === null) this.#options.connection.cancelOpening(reason)
    else this.#controller.abort(reason)
  }

  #settle(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#endedAt = this.#options.clock.monotonic()
    this.#options.signal.removeEventListener('abort', this)
    this.#resolve(this)
  }

  #failure(): HttpFailure {
    return {
      target: this.#options.request.target,
      phase: this.#controller === null ? 'connecting' : this.statusCode === 0 ? 'waiting' : 'reading',
      bodyBytes: this.bodyBytes,
      declaredBytes: declaredBytes(this.headers),
    }
  }
}
