import type { Clock } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import { toStorageError } from './mongo-error.ts'

/** Runs what asks the server; whatever fails rejects with a `SightlineError`, and so does what takes too long. */
export type Call = <T>(ask: () => Promise<T>) => Promise<T>

interface CallOptions {
  readonly timeoutMs: number
  readonly clock: Pick<Clock, 'setTimer'>
}

/** The driver's own limits are of servers and sockets; this one is of what the caller waits for. */
export const callWithin =
  ({ timeoutMs, clock }: CallOptions): Call =>
  async (ask) => {
    const late = Promise.withResolvers<never>()
    const cancel = clock.setTimer(timeoutMs, () =>
      late.reject(new SightlineError('TIMEOUT', `MongoDB did not answer within ${timeoutMs} ms; whether it wrote is unknown.`)),
    )
    try {
      return await Promise.race([ask(), late.promise])
    } catch (thrown) {
      throw toStorageError(thrown)
    } finally {
      cancel()
    }
  }
