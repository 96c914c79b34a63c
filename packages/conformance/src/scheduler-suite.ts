import { type Exception, registerSuite, type TestRunner } from './runner.ts'
import { schedulerContext } from './scheduler/context.ts'
import { schedulerGroups } from './scheduler/groups.ts'
import type { SchedulerSubject } from './scheduler/subject.ts'

export type { SchedulerSubject } from './scheduler/subject.ts'

/** What is put through the suite of schedulers, and in which runner. */
export interface SchedulerConformanceOptions {
  /** As the report shows it. */
  readonly name: string
  /** Registers groups and tests: vitest's `describe` and `test`, or those of another runner. */
  readonly runner: TestRunner
  /** A fresh subject for each test, which disposes of it. */
  open(): Promise<SchedulerSubject>
  /** Tests that this subject is known to fail, by name and with the reason; the report lists them. @default none */
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
