import { SightlineError } from '../errors.ts'
import { pause } from '../pause.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { StorageLink } from './storage-link.ts'

export interface RetentionOptions {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly clock: Clock
  readonly logger: Logger
  readonly historyMs: number
}

/** Deletes what is older than it is kept, in small steps with pauses between, so that nobody waits for it. */
export interface Retention {
  start(): void
  stop(): void
}

const EVERY_MS = 600_000
const FIRST_AFTER_MS = 30_000
const STEP = 200
const PAUSE_MS = 20
/** A wall clock that steps further than this is not believed at once: what is deleted does not come back. */
const STEP_BELIEVED_MS = 3_600_000
/** So long must it have been steady since. */
const DOUBT_MS = 3_600_000

export const createRetention = ({ link, clock, logger, historyMs }: RetentionOptions): Retention => {
  const closing = new AbortController()
  let cancel = (): void => {}
  /** Between the wall clock and the monotonic one, as it was believed last. */
  let offset = clock.now() - clock.monotonic()
  let doubtedUntil = Number.NEGATIVE_INFINITY

  const isClockBelieved = (): boolean => {
    const monotonic = clock.monotonic()
    const drift = clock.now() - monotonic - offset
    offset += drift
    if (Math.abs(drift) > STEP_BELIEVED_MS) {
      doubtedUntil = monotonic + DOUBT_MS
      logger.warn(
        { steppedMs: Math.round(drift) },
        'The clock was set; no history is deleted until it has been steady for an hour.',
      )
    }
    return monotonic >= doubtedUntil
  }

  const deleteOld = async (): Promise<void> => {
    if (!isClockBelieved()) return
    const before = clock.now() - historyMs
    let deleted = 0
    while (!closing.signal.aborted && link.state === 'up') {
      const count = await link.run((driver) => driver.snapshots.prune({ before, limit: STEP }))
      deleted += count
      if (count < STEP) break
      await pause(PAUSE_MS, { clock, signals: [closing.signal] })
    }
    if (deleted > 0)
      logger.info({ deleted, before: new Date(before).toISOString() }, 'History that is older than it is kept was deleted.')
  }

  const schedule = (delayMs: number): void => {
    if (closing.signal.aborted) return
    cancel = clock.setTimer(delayMs, () => {
      deleteOld()
        .catch((thrown) =>
          logger.warn({ code: SightlineError.from(thrown).code }, 'Old history could not be deleted; it will be tried again.'),
        )
        .finally(() => schedule(EVERY_MS))
    })
  }

  return {
    start: () => schedule(FIRST_AFTER_MS),
    stop: () => {
      closing.abort()
      cancel()
    },
  }
}
