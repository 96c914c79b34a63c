import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Scheduler } from '../ports/scheduler.ts'
import { withTimeout } from '../storage/with-timeout.ts'

export interface TickWatchOptions {
  readonly scheduler: Pick<Scheduler, 'name' | 'list'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Looks whether the scheduler is there: without it nothing is polled or checked, and that nothing is heard says nothing. */
export interface TickWatch {
  /** Why nothing ticks; null where it does. */
  readonly error: SightlineError | null
  start(): void
  stop(): void
}

const EVERY_MS = 5_000
const PATIENCE_MS = 2_000
const AWAY = 'The scheduler does not answer: nothing is polled or checked until it does.'

/** Of a scheduler in the process itself. */
export const alwaysTicking: TickWatch = { error: null, start: () => {}, stop: () => {} }

export const createTickWatch = ({ scheduler, clock, logger }: TickWatchOptions): TickWatch => {
  let error: SightlineError | null = null
  let isStopped = false
  let cancel = (): void => {}

  const look = async (): Promise<void> => {
    const before = error
    error = await withTimeout({ clock, timeoutMs: PATIENCE_MS, what: 'The scheduler did not answer' }, () =>
      scheduler.list({ limit: 1 }),
    ).then(
      () => null,
      (cause: unknown) => new SightlineError('UNAVAILABLE', AWAY, { cause }),
    )
    if (isStopped) return
    if (error !== null && before === null) logger.warn({ scheduler: scheduler.name }, AWAY)
    if (error === null && before !== null) logger.info({ scheduler: scheduler.name }, 'The scheduler answers again.')
    cancel = clock.setTimer(EVERY_MS, () => void look())
  }

  return {
    get error() {
      return error
    },
    start: () => {
      cancel = clock.setTimer(EVERY_MS, () => void look())
    },
    stop: () => {
      isStopped = true
      cancel()
    },
  }
}
