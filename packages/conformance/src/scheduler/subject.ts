import type { Scheduler } from '@sightline/core/ports'

/** One installation's schedules, none yet. */
export interface SchedulerSubject {
  /** The scheduler of one more worker of the installation, not yet started. */
  scheduler(): Scheduler
  /** Lets at least `ms` pass, ticks running at their times. @default really waits */
  elapse?(ms: number): Promise<void>
  /** Lets `ms` pass in which this process runs nothing. @default really blocks it */
  block?(ms: number): void
  /** Steps the wall clock alone. */
  stepWallClock?(ms: number): void
  /** Makes another worker the owner of a schedule, as where this one has been frozen; resolves when it is. */
  takeOver?(scheduleId: string): Promise<void>
  /** The clocks the scheduler goes by. @default the process's own */
  readonly clock?: { now(): number; monotonic(): number }
  /** The suite has closed its schedulers by then. */
  dispose(): Promise<void>
}
