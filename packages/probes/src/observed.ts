import { type Clock, type Observation, SightlineError } from '@sightline/core'
import { roundMs } from './socket/opening.ts'
import { abortCode, toGivenUp, toSocketError } from './socket/socket-fault.ts'

export interface CheckOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Of the probe's `close`, which ends the check as well. */
  readonly closing?: AbortSignal
  /** What is checked, as it is shown in messages. */
  readonly target: string
  /** Anything thrown as an error to show. Default: what sockets say. */
  readonly toError?: (thrown: unknown) => Error
}

/**
 * One check as an observation. `act` returns the document and may put its numbers into `values` as it goes: a check that fails half
 * way keeps those it has. Settles when the signal aborts, whatever `act` does then.
 */
export const observed = async (
  { clock, signal: given, closing, target, toError = (thrown) => toSocketError(thrown, target) }: CheckOptions,
  act: (values: Record<string, number>, signal: AbortSignal) => Promise<unknown>,
): Promise<Observation> => {
  const startedAt = clock.monotonic()
  const values: Record<string, number> = {}
  const latencyMs = (): number => roundMs(clock.monotonic() - startedAt)
  const { signal, unlink } = link(given, closing)
  try {
    if (signal.aborted) throw toGivenUp(signal.reason, `checking ${target}`)
    const value = await abandonable(act(values, signal), signal, () => toGivenUp(signal.reason, `checking ${target}`))
    return { outcome: 'value', value, latencyMs: latencyMs(), values: { ...values } }
  } catch (thrown) {
    const error = toError(thrown)
    // What ends with a socket that was taken away ends because the check was given up.
    const isOwnEnd = signal.aborted && !(error instanceof SightlineError && error.code === abortCode(signal.reason))
    const shown = isOwnEnd ? toGivenUp(signal.reason, `checking ${target}`) : error
    return { outcome: 'failed', error: shown, latencyMs: latencyMs(), values: { ...values } }
  } finally {
    unlink()
  }
}

/** Aborts with either. `AbortSignal.any` would leave something behind at the one that outlives the check, every time. */
const link = (one: AbortSignal, other: AbortSignal | undefined): { readonly signal: AbortSignal; unlink(): void } => {
  if (other === undefined) return { signal: one, unlink: () => {} }
  const both = new AbortController()
  const onOne = (): void => both.abort(one.reason)
  const onOther = (): void => both.abort(other.reason)
  if (one.aborted) onOne()
  else if (other.aborted) onOther()
  one.addEventListener('abort', onOne)
  other.addEventListener('abort', onOther)
  return {
    signal: both.signal,
    unlink: () => {
      one.removeEventListener('abort', onOne)
      other.removeEventListener('abort', onOther)
    },
  }
}

/** As `untilAborted`, a turn later: whoever is at work can say more precisely what was given up. */
const abandonable = <T>(promise: Promise<T>, signal: AbortSignal, toReason: () => Error): Promise<T> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => void setImmediate(() => reject(toReason()))
    signal.addEventListener('abort', onAbort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })

/** The promise's outcome, or a rejection with `toReason` as soon as the signal aborts. */
export const untilAborted = <T>(promise: Promise<T>, signal: AbortSignal, toReason: () => Error): Promise<T> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => reject(toReason())
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
