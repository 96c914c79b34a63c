import { SightlineError } from '@sightline/core/protocol'
import { toCallError } from './call-error.ts'
import type { Session } from './session.ts'

/**
 * How one call is made: how long it may take, and what makes a repeat of it the same.
 *
 * @example
 * await client.call('metrics.pollNow', target, { timeoutMs: 5_000, signal: controller.signal })
 */
export interface CallOptions {
  /** Rejects with `ABORTED`; the server may still do what was asked. */
  readonly signal?: AbortSignal
  /**
   * Names the intention, not the attempt: a command that is repeated under one key is done once. Default: a new one for each call. Give
   * one where the user, not the network, repeats.
   */
  readonly idempotencyKey?: string
  /** For all of it, waiting for the connection included, in ms. Default 30,000. */
  readonly timeoutMs?: number
}

/** How often a call is sent where the connection was lost before its answer. */
const maxAttempts = 3

/**
 * Calls an operation. Where the connection is lost before the answer, the outcome is unknown, and it is sent again under its key.
 *
 * @throws SightlineError as the server put it; `UNAVAILABLE` where it was not sent, `TIMEOUT` where it was and nobody knows what became
 * of it, `ABORTED` where `signal` aborted.
 */
export const call = async (
  { connection, clock }: Session,
  {
    operation,
    input,
    signal,
    idempotencyKey = randomKey(),
    timeoutMs = 30_000,
  }: CallOptions & { readonly operation: string; readonly input: unknown },
): Promise<unknown> => {
  const letGo = connection.hold()
  const deadline = clock.monotonic() + timeoutMs
  const left = () => ({ timeoutMs: Math.max(0, deadline - clock.monotonic()), ...(signal ? { signal } : {}) })
  try {
    for (let attempt = 1; ; attempt++) {
      await connection.ready(left()).catch((error: unknown) => {
        throw attempt === 1 || signal?.aborted ? toCallError(operation, error) : unknownOutcome(operation, error)
      })
      const { losses } = connection
      try {
        return await connection.request('call', { operation, input, idempotencyKey }, left())
      } catch (error) {
        if (connection.losses === losses || signal?.aborted) throw toCallError(operation, error)
        if (attempt === maxAttempts) throw unknownOutcome(operation, error)
      }
    }
  } finally {
    letGo()
  }
}

const unknownOutcome = (operation: string, cause: unknown): SightlineError =>
  toCallError(operation, new SightlineError('TIMEOUT', `The connection was lost before '${operation}' was answered.`, { cause }))

// `randomUUID` is missing on plain HTTP.
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
