import { type CacheContext, cacheContext } from './cache/context.ts'
import { cacheGroups } from './cache/groups.ts'
import type { CacheSubject } from './cache/subject.ts'
import { type Exception, registerSuite, type TestRunner } from './runner.ts'

export type { CacheSubject } from './cache/subject.ts'

/** What is put through the suite of caches, and in which runner. */
export interface CacheConformanceOptions {
  /** As the report shows it. */
  readonly name: string
  /** Registers groups and tests: vitest's `describe` and `test`, or those of another runner. */
  readonly runner: TestRunner
  /** A fresh subject for each test, which disposes of it. */
  open(): Promise<CacheSubject>
  /** Tests that this subject is known to fail, by name and with the reason; the report lists them. @default none */
  readonly exceptions?: readonly Exception[]
}

/**
 * Registers the suite that every `Cache` must pass.
 *
 * @example
 * cacheConformance({ name: 'mine', runner: { describe, test }, open: async () => ({ cache: () => myCache({ url }), dispose: flush }) })
 */
export const cacheConformance = ({ name, runner, open, exceptions = [] }: CacheConformanceOptions): void =>
  registerSuite<CacheContext>({
    name: `cache: ${name}`,
    runner,
    groups: cacheGroups,
    exceptions,
    open: async () => cacheContext(await open()),
  })
