import { SightlineError } from '../errors.ts'
import type { Leadership } from '../leadership.ts'
import { pause } from '../pause.ts'
import type { Clock } from '../ports/clock.ts'
import type { CollectionDefinition } from '../ports/collections.ts'
import type { Logger } from '../ports/logger.ts'
import type { StorageDriver } from '../ports/storage.ts'
import type { StorageLink } from '../storage/storage-link.ts'

export interface LogRetentionOptions {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly leadership: Pick<Leadership, 'isLeading'>
  readonly clock: Clock
  readonly logger: Logger
  readonly keptMs: number
  /** Records that expire by themselves and are to be forgotten. */
  readonly collections: readonly CollectionDefinition<never>[]
}

/** Deletes lines that are older than they are kept, in steps too small to be noticed. */
export interface LogRetention {
  start(): void
  stop(): void
}

const EVERY_MS = 300_000
const FIRST_AFTER_MS = 45_000
/** With some fifteen terms a line that is a few milliseconds of an embedded database. */
const STEP = 200
const PAUSE_MS = 20
/** A wall clock that was set by more than this is not believed until it has been steady for as long: what is deleted is gone. */
const BELIEVED_STEP_MS = 3_600_000

export const createLogRetention = ({
  link,
  leadership,
  clock,
  logger,
  keptMs,
  collections,
}: LogRetentionOptions): LogRetention => {
  const closing = new AbortController()
  let cancel = (): void => {}
  let offset = clock.now() - clock.monotonic()
  let doubtedUntil = Number.NEGATIVE_INFINITY

  const isClockBelieved = (): boolean => {
    const monotonic = clock.monotonic()
    const drift = clock.now() - monotonic - offset
    offset += drift
    if (Math.abs(drift) > BELIEVED_STEP_MS) doubtedUntil = monotonic + BELIEVED_STEP_MS
    return monotonic >= doubtedUntil
  }

  const deleteAll = async (
    prune: (driver: StorageDriver, request: { readonly before: number; readonly limit: number }) => Promise<number>,
    before: number,
  ): Promise<number> => {
    let deleted = 0
    while (!closing.signal.aborted && link.state === 'up') {
      const count = await link.run((driver) => prune(driver, { before, limit: STEP }))
      deleted += count
      if (count < STEP) break
      await pause(PAUSE_MS, { clock, signals: [closing.signal] })
    }
    return deleted
  }

  const deleteOld = async (): Promise<void> => {
    if (!leadership.isLeading || link.state !== 'up' || !isClockBelieved()) return
    const now = clock.now()
    const lines = await deleteAll((driver, request) => driver.logs.prune(request), now - keptMs)
    for (const collection of collections) {
      await deleteAll((driver, request) => driver.collection(collection).prune(request), now)
    }
    if (lines > 0) logger.info({ lines }, 'Log lines that are older than they are kept were deleted.')
  }

  const schedule = (delayMs: number): void => {
    if (closing.signal.aborted) return
    cancel = clock.setTimer(delayMs, () => {
      deleteOld()
        .catch((thrown) =>
          logger.warn({ code: SightlineError.from(thrown).code }, 'Old log lines could not be deleted; it will be tried again.'),
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
