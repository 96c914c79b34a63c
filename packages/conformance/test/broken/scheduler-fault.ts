import type { Schedule, Scheduler } from '@sightline/core/ports'
import type { TestClock } from '@sightline/core/testing'
import type { WrapScheduler } from './shared-timers.ts'

export type Start = Parameters<Scheduler['start']>[0]

export interface SchedulerFault {
  readonly breaks: string
  readonly noticedBy: readonly string[]
  /** Called once an installation. */
  readonly wrap: () => WrapScheduler
}

export const broken = (
  breaks: string,
  noticedBy: readonly string[],
  change: (scheduler: Scheduler, clock: TestClock) => Partial<Scheduler>,
): SchedulerFault => ({
  breaks,
  noticedBy,
  wrap: () => (make, clock) => {
    const scheduler = make(clock)
    return { ...scheduler, ...change(scheduler, clock) }
  },
})

export const running = (
  breaks: string,
  noticedBy: readonly string[],
  change: (run: Start['run'], clock: TestClock) => Start['run'],
): SchedulerFault =>
  broken(breaks, noticedBy, (scheduler, clock) => ({
    start: (options) => scheduler.start({ ...options, run: change(options.run, clock) }),
  }))

export const putting = (breaks: string, noticedBy: readonly string[], change: (schedule: Schedule) => Schedule): SchedulerFault =>
  broken(breaks, noticedBy, (scheduler) => ({ put: (schedules) => scheduler.put(schedules.map(change)) }))
