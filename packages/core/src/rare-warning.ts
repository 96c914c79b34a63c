import type { Clock } from './ports/clock.ts'
import type { Logger } from './ports/logger.ts'

/** Tells of what may come with every event, from somebody else, any number of times. */
export type RareWarning = (details: Readonly<Record<string, unknown>>, message: string) => void

const EVERY_MS = 60_000

/** The first at once, then one a minute: `times` is how many it stands for. */
export const createRareWarning = ({
  clock,
  logger,
}: {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly logger: Logger
}): RareWarning => {
  let toldAt = Number.NEGATIVE_INFINITY
  let times = 0
  return (details, message) => {
    times++
    if (clock.monotonic() - toldAt < EVERY_MS) return
    toldAt = clock.monotonic()
    logger.warn({ ...details, times }, message)
    times = 0
  }
}
