import type { Clock } from '../ports/clock.ts'

export interface FlushRhythmOptions {
  readonly clock: Clock
  /** Least time from the beginning of one run to the next, in ms; a run that is asked for after a longer rest comes at once. */
  readonly paceMs: number
  /** What the pace slows down to where runs take more than a tenth of it, in ms. Default `paceMs`. */
  readonly longestPaceMs?: number
  flush(): void
}

/** When the next batch goes out: a lone change waits for nobody, many share a transaction. */
export interface FlushRhythm {
  /** Asks for a run, once; `atLeastMs` puts it off. */
  wake(atLeastMs?: number): void
  /** Asks for a run at once, whatever was asked for. */
  hurry(): void
  /** A batch goes out now. */
  began(): void
  /** It is through. */
  ended(): void
  stop(): void
}

/** Runs are not to fill more of the time than one part of so many: each costs storage a transaction, whatever is in it. */
const REST_SHARE = 10

export const createFlushRhythm = ({ clock, paceMs, longestPaceMs = paceMs, flush }: FlushRhythmOptions): FlushRhythm => {
  let isWoken = false
  let isStopped = false
  let lastBeganAt = Number.NEGATIVE_INFINITY
  let restMs = paceMs
  let cancel = (): void => {}

  const go = (): void => {
    isWoken = false
    if (!isStopped) flush()
  }

  const hurry = (): void => {
    cancel()
    isWoken = true
    // One turn later, so that the changes of one turn share a transaction.
    queueMicrotask(go)
  }

  return {
    hurry,
    wake: (atLeastMs = 0) => {
      if (isWoken || isStopped) return
      const waitMs = Math.max(atLeastMs, lastBeganAt + restMs - clock.monotonic())
      if (waitMs <= 0) return hurry()
      isWoken = true
      cancel = clock.setTimer(waitMs, go)
    },
    began: () => {
      lastBeganAt = clock.monotonic()
    },
    ended: () => {
      restMs = Math.min(Math.max((clock.monotonic() - lastBeganAt) * REST_SHARE, paceMs), longestPaceMs)
    },
    stop: () => {
      isStopped = true
      cancel()
    },
  }
}
