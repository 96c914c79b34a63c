import { SightlineError } from '@sightline/core'
import type { Logger, Principal } from '@sightline/core/ports'
import type { Request, Response } from 'express'

/** What is known of a request from its first to its last step. */
export interface RequestContext {
  readonly correlationId: string
  /** Puts the correlation id on every line. */
  readonly logger: Logger
  readonly address: string
  readonly startedAtMs: number
  /** Who is asking; asked of the access port once. Rejects with `UNAUTHENTICATED`. */
  caller(): Promise<Principal | null>
  /** Aborts when the client gave up. */
  readonly signal: AbortSignal
}

const LOCAL = 'sightline'

export const setContext = (response: Response, context: RequestContext): void => {
  response.locals[LOCAL] = context
}

export const contextOf = (response: Response): RequestContext => response.locals[LOCAL] as RequestContext

export const headersOf = (request: Request): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/

/** @throws SightlineError `INVALID_INPUT` for a key that is none */
export const idempotencyKeyOf = (request: Request): { readonly idempotencyKey?: string } => {
  const key = request.get('idempotency-key')
  if (key === undefined) return {}
  if (IDEMPOTENCY_KEY.test(key)) return { idempotencyKey: key }
  const message = 'must be 1 to 255 visible ASCII characters'
  throw new SightlineError('INVALID_INPUT', `Idempotency-Key ${message}.`, { fields: [{ path: 'Idempotency-Key', message }] })
}
