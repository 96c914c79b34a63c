import type { Leases } from '@sightline/core/ports'
import { type LeasesContext, leasesGroups } from './leases/groups.ts'
import { type Exception, registerSuite, type TestRunner } from './runner.ts'

/** One installation's leases, none of them held. */
export interface LeasesSubject {
  /** Leases as one more process of the installation has them; what was held before still is. */
  leases(): Promise<Leases>
  /** Lets at least `ms` pass on the clock that leases run out by. @default really waits */
  elapse?(ms: number): Promise<void>
  dispose(): Promise<void>
}

/** What is put through the suite of leases, and in which runner. */
export interface LeasesConformanceOptions {
  /** As the report shows it. */
  readonly name: string
  /** Registers groups and tests: vitest's `describe` and `test`, or those of another runner. */
  readonly runner: TestRunner
  /** A fresh subject for each test, which disposes of it. */
  open(): Promise<LeasesSubject>
  /** Tests that this subject is known to fail, by name and with the reason; the report lists them. @default none */
  readonly exceptions?: readonly Exception[]
}

/**
 * Registers the suite that every `Leases` must pass.
 *
 * @example
 * leasesConformance({ name: 'mine', runner: { describe, test }, open: async () => ({ leases: async () => myLeases({ url }), dispose: flush }) })
 */
export const leasesConformance = ({ name, runner, open, exceptions = [] }: LeasesConformanceOptions): void =>
  registerSuite<LeasesContext>({
    name: `leases: ${name}`,
    runner,
    groups: leasesGroups,
    exceptions,
    open: async () => {
      const subject = await open()
      const context: LeasesContext = {
        leases: await subject.leases(),
        another: () => subject.leases(),
        elapse: (ms) => subject.elapse?.(ms) ?? new Promise((resolve) => setTimeout(resolve, ms)),
      }
      return { context, dispose: () => subject.dispose() }
    },
  })
