import { type CacheContext, cacheContext } from './cache/context.ts'
import { cacheGroups } from './cache/groups.ts'
import type { CacheSubject } from './cache/subject.ts'
import { type Exception, registerSuite, type TestRunner } from './runner.ts'

export type { CacheSubject } from './cache/subject.ts'

export interface CacheConformanceOptions {
  readonly name: string
  readonly runner: TestRunner
  open(): Promise<CacheSubject>
  /** @default none */
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
