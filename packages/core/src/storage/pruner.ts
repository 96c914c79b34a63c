import { SightlineError } from '../errors.ts'
import { pause } from '../pause.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { StorageDriver } from '../ports/storage.ts'
import type { StorageLink } from './storage-link.ts'

/** One small step of a deletion, as the stores take it. Answers how many were deleted. */
export type PruneStep = (driver: StorageDriver, request: { readonly before: number; readonly limit: number }) => Promise<number>

export interface PrunerOptions {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly clock: Clock
  readonly logger: Logger
  readonly firstAfterMs: number
  readonly everyMs: number
  /** For the log, where a round fails. */
  readonly failed: string
  /** One round. `deleteAll` deletes what is older than `before`, step by step, and answers how many. */
  round(deleteAll: (step: PruneStep, before: number) => Promise<number>): Promise<void>
}

/** Deletes what is older than it is kept, now and then, in small steps with pauses between, so that nobody waits for it. */
export interface Pruner {
  start(): void
  stop(): void
}

const STEP = 200
const PAUSE_MS = 20

export const createPruner = ({ link, clock, logger, firstAfterMs, everyMs, failed, round }: PrunerOptions): Pruner => {
  const closing = new AbortController()
  let cancel = (): void => {}

  const deleteAll = async (step: PruneStep, before: number): Promise<number> => {
    let deleted = 0
    while (!closing.signal.aborted && link.state === 'up') {
      const count = await link.run((driver) => step(driver, { before, limit: STEP }))
      deleted += count
      if (count < STEP) break
      await pause(PAUSE_MS, { clock, signals: [closing.signal] })
    }
    return deleted
  }

  const schedule = (delayMs: number): void => {
    if (closing.signal.aborted) return
    cancel = clock.setTimer(delayMs, () => {
      round(deleteAll)
        .catch((thrown) => logger.warn({ code: SightlineError.from(thrown).code }, failed))
        .finally(() => schedule(everyMs))
    })
  }

  return {
    start: () => schedule(firstAfterMs),
    stop: () => {
      closing.abort()
      cancel()
    },
  }
}
