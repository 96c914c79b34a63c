import type { Clock, Observation } from '@sightline/core'
import { roundMs } from './socket/opening.ts'
import { toGivenUp, toSocketError } from './socket/socket-fault.ts'

export interface CheckOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
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
  { clock, signal, target, toError = (thrown) => toSocketError(thrown, target) }: CheckOptions,
  act: (values: Record<string, number>) => Promise<unknown>,
): Promise<Observation> => {
  const startedAt = clock.monotonic()
  const values: Record<string, number> = {}
  const latencyMs = (): number => roundMs(clock.monotonic() - startedAt)
  try {
    if (signal.aborted) throw toGivenUp(signal.reason, `checking ${target}`)
    const value = await abandonable(act(values), signal, () => toGivenUp(signal.reason, `checking ${target}`))
    return { outcome: 'value', value, latencyMs: latencyMs(), values: { ...values } }
  } catch (thrown) {
    return { outcome: 'failed', error: toError(thrown), latencyMs: latencyMs(), values: { ...values } }
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
