import { type NotifierContext, notifierGroups } from './notifier/groups.ts'
import type { NotifierSubject, PlaceBehaviour } from './notifier/subject.ts'
import { type Exception, registerSuite, type TestRunner } from './runner.ts'

export { type HttpPlace, openHttpPlace } from './notifier/http-place.ts'
export type { NotifierSubject, PlaceBehaviour, Received } from './notifier/subject.ts'

/** What is put through the suite of notifiers, and in which runner. */
export interface NotifierConformanceOptions {
  /** As the report shows it. */
  readonly name: string
  /** Registers groups and tests: vitest's `describe` and `test`, or those of another runner. */
  readonly runner: TestRunner
  /** What the place can be brought to do; a file cannot refuse anybody. */
  readonly can: readonly PlaceBehaviour[]
  /** A fresh place for each test, which disposes of it. */
  open(): Promise<NotifierSubject>
  /** Tests that this subject is known to fail, by name and with the reason; the report lists them. @default none */
  readonly exceptions?: readonly Exception[]
}

/**
 * Registers the suite that every `Notifier` must pass. It sends to a real place, that the tests start.
 *
 * @example
 * notifierConformance({ name: 'mine', runner: { describe, test }, can: ['takes', 'fails', 'hangs'], open: async () => {
 *   const place = await openHttpPlace()
 *   return { ...place, notifier: mine({ url: place.url }), secrets: [], shown: textOf, acts: linksOf }
 * } })
 */
export const notifierConformance = ({ name, runner, can, open, exceptions = [] }: NotifierConformanceOptions): void =>
  registerSuite<NotifierContext>({
    name: `notifier: ${name}`,
    runner,
    groups: notifierGroups(can),
    exceptions,
    open: async () => {
      const subject = await open()
      return {
        context: { subject, can },
        dispose: async () => {
          await subject.notifier.close?.()
          await subject.dispose()
        },
      }
    },
  })
