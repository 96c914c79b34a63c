import { SightlineError } from '../errors.ts'
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
  /** One round; resolves with how many were deleted. */
  run(): Promise<number>
  stop(): void
}

const EVERY_MS = 600_000
const FIRST_AFTER_MS = 30_000
const STEP = 200
const PAUSE_MS = 20

export const createRetention = ({ link, clock, logger, historyMs }: RetentionOptions): Retention => {
  let cancel = (): void => {}
  let stopped = false

  const run = async (): Promise<number> => {
    const before = clock.now() - historyMs
    let deleted = 0
    while (!stopped && link.state === 'up') {
      const count = await link.run((driver) => driver.snapshots.prune({ before, limit: STEP }))
      deleted += count
      if (count < STEP) break
      await new Promise<void>((resolve) => clock.setTimer(PAUSE_MS, resolve))
    }
    if (deleted > 0) logger.info({ deleted, before: new Date(before).toISOString() }, 'History that is older than it is kept was deleted.')
    return deleted
  }

  const schedule = (delayMs: number): void => {
    cancel = clock.setTimer(delayMs, () => {
      run()
        .catch((thrown) => logger.warn({ code: SightlineError.from(thrown).code }, 'Old history could not be deleted; it will be tried again.'))
        .finally(() => {
          if (!stopped) schedule(EVERY_MS)
        })
    })
  }

  return {
    start: () => schedule(FIRST_AFTER_MS),
    run,
    stop: () => {
      stopped = true
      cancel()
    },
  }
}
