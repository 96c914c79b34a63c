import { storageLeases } from '../memory/storage-leases.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { StorageLink } from './storage-link.ts'

export interface TimerFenceOptions {
  readonly link: Pick<StorageLink, 'run'>
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Logger
  /** This process's own name. */
  readonly holder: string
}

/**
 * The fence of this process's timers: above that of every process that ran on this storage before, so that a clock that was set back
 * between two runs makes nobody refuse the later one's writes. Without storage it is the wall clock, which is right whenever clocks are.
 */
export const createTimerFence =
  ({ link, clock, logger, holder }: TimerFenceOptions) =>
  async (): Promise<number> => {
    try {
      // Nobody is kept out: each process that starts is the next in the row.
      const lease = await link.run((storage) => storageLeases({ storage }).acquire('timers', holder, 0))
      return lease?.fence ?? clock.now()
    } catch (error) {
      logger.debug({ error }, 'The timers go by the wall clock: storage gave them no fence.')
      return clock.now()
    }
  }
