import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'

export interface TimeoutOptions {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Begins the message of the `TIMEOUT`: `It did not answer`. */
  readonly what: string
  /** Ends the wait before its time: rejects with the signal's reason. */
  readonly until?: AbortSignal
}

/** Bounds a call in time. What settles late is ignored: its outcome is unknown (`TIMEOUT`). */
export const withTimeout = <T>({ clock, timeoutMs, what, until }: TimeoutOptions, call: () => Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    if (until?.aborted === true) return reject(SightlineError.from(until.reason))
    const end = (): void => {
      cancel()
      until?.removeEventListener('abort', cut)
    }
    const cut = (): void => {
      end()
      reject(SightlineError.from(until?.reason))
    }
    const cancel = clock.setTimer(timeoutMs, () => {
      end()
      reject(new SightlineError('TIMEOUT', `${what} within ${timeoutMs} ms.`))
    })
    until?.addEventListener('abort', cut, { once: true })
    // Also where it throws before it gives a promise.
    ;(async () => call())().then(
      (value) => {
        end()
        resolve(value)
      },
      (thrown) => {
        end()
        reject(SightlineError.from(thrown))
      },
    )
  })
