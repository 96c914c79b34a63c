import { type Exception, registerSuite, type TestRunner } from './runner.ts'
import { storageContext } from './storage/context.ts'
import { storageGroups } from './storage/groups.ts'
import type { StorageSubject } from './storage/subject.ts'

export type { StorageSubject } from './storage/subject.ts'

/** What is put through the suite of storage drivers, and in which runner. */
export interface StorageConformanceOptions {
  /** As the report shows it: `memory`, `sqlite (file)`, … */
  readonly name: string
  /** Registers groups and tests: vitest's `describe` and `test`, or those of another runner. */
  readonly runner: TestRunner
  /** A fresh, empty store for each test, which disposes of it. */
  open(): Promise<StorageSubject>
  /** Do its subjects have `backUp`? Where not, the test of restored backups is reported as an exception. @default false */
  readonly hasBackups?: boolean
  /** Tests that this subject is known to fail, by name and with the reason; the report lists them. @default none */
  readonly exceptions?: readonly Exception[]
}

const withoutBackups: Exception = {
  test: 'epochs: every record begins a new epoch at a restore from a backup',
  reason: 'the factory makes no backups',
}

/**
 * Registers the suite that every `StorageDriver` must pass.
 *
 * @example
 * import { describe, test } from 'vitest'
 * storageConformance({ name: 'mine', runner: { describe, test }, open: async () => {
 *   const file = await temporaryFile()
 *   return { driver: () => myStorage({ file }), dispose: () => rm(file) }
 * } })
 */
export const storageConformance = ({
  name,
  runner,
  open,
  hasBackups = false,
  exceptions = [],
}: StorageConformanceOptions): void =>
  registerSuite({
    name: `storage: ${name}`,
    runner,
    groups: storageGroups,
    exceptions: hasBackups ? exceptions : [...exceptions, withoutBackups],
    open: async () => storageContext(open),
  })
