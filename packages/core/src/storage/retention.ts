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

export const createRetention = ({ link, clock, logger, historyMs }: RetentionOptions): Retention => {
  const closing = new AbortController()
  let cancel = (): void => {}

  const deleteOld = async (): Promise<void> => {
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
