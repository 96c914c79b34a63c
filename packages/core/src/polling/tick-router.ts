import type { Logger } from '../ports/logger.ts'
import type { Schedule, Scheduler, Tick } from '../ports/scheduler.ts'

/** Several kinds of work on one scheduler: a tick goes to whoever put schedules of its kind. */
export interface TickRouter {
  /** Ticks run from now on. A process that never starts it runs none. */
  start(): Promise<void>
  /** Adds or replaces by id, as `Scheduler.put`. `run` takes the ticks of these schedules' kinds; one receiver each, the last that was given. */
  put(schedules: readonly Schedule[], run: (tick: Tick) => Promise<unknown>): Promise<void>
  remove(ids: readonly string[]): Promise<void>
  /** Idempotent; resolves when the running ticks have settled. */
  close(): Promise<void>
}

/** The lane of everything that runs in every process that polls. */
export const DEFAULT_LANE = 'default'

export interface TickRouterOptions {
  readonly scheduler: Scheduler
  readonly logger: Logger
}

export const createTickRouter = ({ scheduler, logger }: TickRouterOptions): TickRouter => {
  const runs = new Map<string, (tick: Tick) => Promise<unknown>>()
  return {
    start: () =>
      scheduler.start({
        lanes: [DEFAULT_LANE],
        run: async (tick) => {
          const { id, kind } = tick.schedule
          const run = runs.get(kind)
          if (run === undefined) {
            logger.warn({ schedule: id, kind }, 'A tick of a kind that nobody here runs was skipped.')
            return
          }
          try {
            await run(tick)
          } catch (thrown) {
            logger.error({ schedule: id, kind, error: String(thrown) }, 'A tick failed.')
          }
        },
      }),
    put: async (schedules, run) => {
      for (const { kind } of schedules) runs.set(kind, run)
      await scheduler.put(schedules)
    },
    remove: (ids) => scheduler.remove(ids),
    close: () => scheduler.close(),
  }
}
