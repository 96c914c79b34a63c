import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { createPruner, type Pruner } from './pruner.ts'
import { createSteadyClock } from './steady-clock.ts'
import type { StorageLink } from './storage-link.ts'

export interface RetentionOptions {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly clock: Clock
  readonly logger: Logger
  readonly historyMs: number
}

const EVERY_MS = 600_000
const FIRST_AFTER_MS = 30_000

/** Deletes history that is older than it is kept. */
export const createRetention = ({ link, clock, logger, historyMs }: RetentionOptions): Pruner => {
  const steady = createSteadyClock(clock, {
    onDoubt: (steppedMs) =>
      logger.warn({ steppedMs }, 'The clock was set; no history is deleted until it has been steady for an hour.'),
  })

  return createPruner({
    link,
    clock,
    logger,
    firstAfterMs: FIRST_AFTER_MS,
    everyMs: EVERY_MS,
    failed: 'Old history could not be deleted; it will be tried again.',
    round: async (deleteAll) => {
      if (!steady.isBelieved()) return
      const before = clock.now() - historyMs
      const deleted = await deleteAll((driver, request) => driver.snapshots.prune(request), before)
      if (deleted > 0)
        logger.info({ deleted, before: new Date(before).toISOString() }, 'History that is older than it is kept was deleted.')
    },
  })
}
