/** Every code an error of Sightline can carry, with what to do about it. Closed: a new one is a change of the contract. */
export const errorCodes = {
  INVALID_INPUT: 'Correct the named fields and send it again.',
  INVALID_CONFIG: 'Correct the listed paths of the configuration and start again.',
  UNKNOWN_OPERATION: 'Call one of the operations listed in /openapi.json.',
  UNKNOWN_TOPIC: 'Subscribe to one of the topics listed in /info.',
  UNKNOWN_EVENT: 'Send one of the events of the protocol.',
  UNAUTHENTICATED: 'Sign in, then try again.',
  FORBIDDEN: 'Ask for the named permission.',
  UNKNOWN_REGION: 'Name one of the configured apis and regions; /info lists them.',
  NOT_FOUND: 'Check the names; it may not exist yet.',
  CONFLICT: 'Load the current version and decide again.',
  TOO_MANY_REQUESTS: 'Wait for the stated time, then try again.',
  TOO_LARGE: 'Send less, or raise the limit.',
  TIMEOUT: 'The outcome is unknown; repeat with the same idempotency key.',
  UNAVAILABLE: 'A dependency cannot be reached; try again later.',
  ABORTED: 'The caller gave up; nothing to do.',
  INCOMPATIBLE: 'Upgrade the older side.',
  UNSUPPORTED: 'Use an adapter that has this capability.',
  BAD_DOCUMENT: 'Have the provider send valid JSON within the limits.',
  INTERNAL: 'Report it with its correlation id.',
} as const

/**
 * One of the codes of `errorCodes`: what a program decides by. The message is for people, and may be worded anew.
 *
 * @example
 * const isWorthRetrying = (code: ErrorCode) => code === 'UNAVAILABLE' || code === 'TOO_MANY_REQUESTS'
 */
export type ErrorCode = keyof typeof errorCodes

/** One field that did not fit, by its path (`apis.orders.regions.us-east.url`). */
export interface FieldFault {
  readonly path: string
  /** What it must be instead; never the value. */
  readonly message: string
}

/** What may be shown to a client: never a stack, never a cause. */
export interface PublicError {
  readonly code: ErrorCode
  readonly message: string
  /** The fields that did not fit, where the input or the configuration was at fault. */
  readonly fields?: readonly FieldFault[]
  /** When to try again, ms from now, where that is known. */
  readonly retryAfterMs?: number
}

interface ErrorDetails {
  readonly cause?: unknown
  readonly fields?: readonly FieldFault[]
  readonly retryAfterMs?: number
}

/**
 * The one error class. `message` says what went wrong and where; `advice` how to fix it.
 *
 * @example
 * try { await client.call('metrics.get', { api: 'orders', region: 'mars' }) }
 * catch (error) { if (SightlineError.from(error).code === 'NOT_FOUND') showEmpty() }
 */
export class SightlineError extends Error {
  override readonly name = 'SightlineError'
  readonly code: ErrorCode
  readonly fields: readonly FieldFault[] | undefined
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.fields = details.fields
    this.retryAfterMs = details.retryAfterMs
  }

  /** What to do about it, in one sentence: `errorCodes[code]`. */
  get advice(): string {
    return errorCodes[this.code]
  }

  /** Any thrown value as a `SightlineError`. What is not one becomes `INTERNAL` with a message that reveals nothing; the cause is kept. */
  static from(thrown: unknown): SightlineError {
    if (thrown instanceof SightlineError) return thrown
    if (isPublicError(thrown) && thrown instanceof Error && thrown.name === 'SightlineError') {
      return new SightlineError(thrown.code, thrown.message, { cause: thrown, ...pickDetails(thrown) })
    }
    return new SightlineError('INTERNAL', 'Something went wrong inside Sightline.', { cause: thrown })
  }

  /** What a client may be shown. */
  toPublic(): PublicError {
    return { code: this.code, message: this.message, ...pickDetails(this) }
  }

  /** As `toPublic`, so that `JSON.stringify` tells nobody more. */
  toJSON(): PublicError {
    return this.toPublic()
  }
}

/** Is this the public form of an error, as it comes over the wire? */
export const isPublicError = (value: unknown): value is PublicError =>
  typeof value === 'object' &&
  value !== null &&
  'message' in value &&
  typeof value.message === 'string' &&
  'code' in value &&
  typeof value.code === 'string' &&
  Object.hasOwn(errorCodes, value.code)

const pickDetails = (error: {
  readonly fields?: readonly FieldFault[] | undefined
  readonly retryAfterMs?: number | undefined
}) => ({
  ...(error.fields === undefined ? {} : { fields: error.fields }),
  ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
})
