import type { Clock } from '../ports/clock.ts'

/** Whether the wall clock may be believed: what is deleted by it does not come back. */
export interface SteadyClock {
  /** False where it was set by more than an hour, until it has been steady for an hour. To be asked at least every few minutes. */
  isBelieved(): boolean
}

export interface SteadyClockOptions {
  /** It was set by so many ms, and is doubted from now on. */
  readonly onDoubt?: (steppedMs: number) => void
}

const STEP_BELIEVED_MS = 3_600_000
const DOUBT_MS = 3_600_000

export const createSteadyClock = (clock: Pick<Clock, 'now' | 'monotonic'>, { onDoubt }: SteadyClockOptions = {}): SteadyClock => {
  /** Between the wall clock and the monotonic one, as it was last. */
  let offset = clock.now() - clock.monotonic()
  let doubtedUntil = Number.NEGATIVE_INFINITY

  return {
    isBelieved: () => {
      const monotonic = clock.monotonic()
      const drift = clock.now() - monotonic - offset
      offset += drift
      if (Math.abs(drift) > STEP_BELIEVED_MS) {
        doubtedUntil = monotonic + DOUBT_MS
        onDoubt?.(Math.round(drift))
      }
      return monotonic >= doubtedUntil
    },
  }
}
