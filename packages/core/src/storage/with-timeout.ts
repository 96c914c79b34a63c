import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'

/** Bounds a promise in time. What settles late is ignored: its outcome is unknown (`TIMEOUT`). */
export const withTimeout = <T>(
  { clock, timeoutMs, what }: { readonly clock: Clock; readonly timeoutMs: number; readonly what: string },
  call: () => Promise<T>,
): Promise<T> =>
  new Promise((resolve, reject) => {
    const cancel = clock.setTimer(timeoutMs, () => reject(new SightlineError('TIMEOUT', `${what} within ${timeoutMs} ms.`)))
    call().then(
      (value) => {
        cancel()
        resolve(value)
      },
      (thrown) => {
        cancel()
        reject(SightlineError.from(thrown))
      },
    )
  })
