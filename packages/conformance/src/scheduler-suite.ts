import { type Exception, registerSuite, type TestRunner } from './runner.ts'
import { schedulerContext } from './scheduler/context.ts'
import { schedulerGroups } from './scheduler/groups.ts'
import type { SchedulerSubject } from './scheduler/subject.ts'

export type { SchedulerSubject } from './scheduler/subject.ts'

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
