import type { Leadership } from '../leadership.ts'
import type { Clock } from '../ports/clock.ts'
import type { CollectionDefinition } from '../ports/collections.ts'
import type { Logger } from '../ports/logger.ts'
import { createPruner, type Pruner } from '../storage/pruner.ts'
import { createSteadyClock } from '../storage/steady-clock.ts'
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

const EVERY_MS = 300_000
const FIRST_AFTER_MS = 45_000

/** Deletes lines that are older than they are kept, where this process leads. */
export const createLogRetention = ({ link, leadership, clock, logger, keptMs, collections }: LogRetentionOptions): Pruner => {
  const steady = createSteadyClock(clock)

  return createPruner({
    link,
    clock,
    logger,
    firstAfterMs: FIRST_AFTER_MS,
    everyMs: EVERY_MS,
    failed: 'Old log lines could not be deleted; it will be tried again.',
    round: async (deleteAll) => {
      if (!leadership.isLeading || link.state !== 'up' || !steady.isBelieved()) return
      const now = clock.now()
      const lines = await deleteAll((driver, request) => driver.logs.prune(request), now - keptMs)
      for (const collection of collections) {
        await deleteAll((driver, request) => driver.collection(collection).prune(request), now)
      }
      if (lines > 0) logger.info({ lines }, 'Log lines that are older than they are kept were deleted.')
    },
  })
}
