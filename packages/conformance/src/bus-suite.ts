import { busContext } from './bus/context.ts'
import { busGroups } from './bus/groups.ts'
import type { BusSubject } from './bus/subject.ts'
import { type Exception, registerSuite, type TestRunner } from './runner.ts'

export type { BusSubject } from './bus/subject.ts'

/** What is put through the suite of buses, and in which runner. */
export interface BusConformanceOptions {
  /** As the report shows it. */
  readonly name: string
  /** Registers groups and tests: vitest's `describe` and `test`, or those of another runner. */
  readonly runner: TestRunner
  /** A fresh installation: two that are open at once never hear of each other. */
  open(): Promise<BusSubject>
  /** Tests that this subject is known to fail, by name and with the reason; the report lists them. @default none */
  readonly exceptions?: readonly Exception[]
}

/**
 * Registers the suite that every `Bus` must pass.
 *
 * @example
 * busConformance({ name: 'mine', runner: { describe, test }, open: async () => {
 *   const prefix = randomUUID()
 *   return { bus: () => myBus({ url, prefix }), dispose: async () => {} }
 * } })
 */
export const busConformance = ({ name, runner, open, exceptions = [] }: BusConformanceOptions): void =>
  registerSuite({ name: `bus: ${name}`, runner, groups: busGroups, exceptions, open: async () => busContext(open) })
