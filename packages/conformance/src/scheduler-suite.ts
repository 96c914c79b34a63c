import type { Scheduler } from '@sightline/core/ports'
import { type Exception, registerSuite, type TestRunner } from './runner.ts'
import { schedulerContext } from './scheduler/context.ts'
import { schedulerGroups } from './scheduler/groups.ts'

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
  /** The clocks the scheduler goes by. @default the process's own */
  readonly clock?: { now(): number; monotonic(): number }
  /** The suite has closed its schedulers by then. */
  dispose(): Promise<void>
}

export interface SchedulerConformanceOptions {
  readonly name: string
  readonly runner: TestRunner
  open(): Promise<SchedulerSubject>
  /** @default none */
  readonly exceptions?: readonly Exception[]
}

/**
 * Registers the suite that every `Scheduler` must pass. It works with intervals of 200 ms and more.
 *
 * @example
 * schedulerConformance({ name: 'mine', runner: { describe, test }, open: async () => ({ scheduler: () => myScheduler({ url }), dispose: flush }) })
 */
export const schedulerConformance = ({ name, runner, open, exceptions = [] }: SchedulerConformanceOptions): void =>
  registerSuite({
    name: `scheduler: ${name}`,
    runner,
    groups: schedulerGroups,
    exceptions,
    open: async () => schedulerContext(await open()),
  })
