import { SightlineError } from './errors.ts'
import type { Clock } from './ports/clock.ts'
import type { Logger } from './ports/logger.ts'

export interface ReadinessOptions {
  /** What must have been read from storage once. */
  load(): Promise<void>
  /** Why it may be taking so long. */
  reason(): unknown
  readonly clock: Clock
  readonly logger: Logger
}

/** Whether the first load is done, and who waits for it. */
export interface Readiness {
  readonly isReady: boolean
  /** Storage answers: loads, once, again where that fails. Resolves when an attempt is over; never rejects. */
  attempt(): Promise<void>
  /** Rejects with `TIMEOUT`, or with `ABORTED` where the signal aborts or it is closed. */
  wait(options: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined }): Promise<void>
  close(): void
}

const REPEAT_MS = 1_000

export const createReadiness = ({ load, reason, clock, logger }: ReadinessOptions): Readiness => {
  const waiting = new Set<(error: SightlineError | null) => void>()
  let isReady = false
  let isClosed = false
  let attempting: Promise<void> | null = null
  let cancelRepeat = (): void => {}

  const settleAll = (error: SightlineError | null): void => {
    for (const settle of [...waiting]) settle(error)
  }

  const attemptOnce = async (): Promise<void> => {
    try {
      await load()
      if (isClosed) return
      isReady = true
      settleAll(null)
    } catch (thrown) {
      const { code } = SightlineError.from(thrown)
      if (isClosed) return
      logger.warn({ code }, 'The first load from storage failed; it will be tried again.')
      // Storage that is away is tried when it is back; one that only failed at this, soon.
      if (code !== 'UNAVAILABLE') cancelRepeat = clock.setTimer(REPEAT_MS, () => void attempt())
    }
  }

  const attempt = async (): Promise<void> => {
    if (isReady || isClosed) return
    cancelRepeat()
    attempting ??= attemptOnce().finally(() => {
      attempting = null
    })
    await attempting
  }

  return {
    get isReady() {
      return isReady
    },
    attempt,
    wait: ({ timeoutMs, signal }) =>
      new Promise((resolve, reject) => {
        if (isReady) return resolve()
        const gaveUp = (): SightlineError => new SightlineError('ABORTED', 'The caller gave up waiting.')
        if (isClosed) return reject(stopped())
        if (signal?.aborted === true) return reject(gaveUp())
        const settle = (error: SightlineError | null): void => {
          waiting.delete(settle)
          cancel()
          signal?.removeEventListener('abort', abort)
          if (error === null) resolve()
          else reject(error)
        }
        const abort = (): void => settle(gaveUp())
        const cancel = clock.setTimer(timeoutMs, () =>
          settle(new SightlineError('TIMEOUT', `Sightline was not ready within ${timeoutMs} ms.`, { cause: reason() })),
        )
        signal?.addEventListener('abort', abort, { once: true })
        waiting.add(settle)
      }),
    close: () => {
      isClosed = true
      cancelRepeat()
      settleAll(stopped())
    },
  }
}

const stopped = (): SightlineError => new SightlineError('ABORTED', 'Sightline was stopped.')
