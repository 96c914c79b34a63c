import type { Cache } from '@sightline/core/ports'
import { type CacheContext, cacheContext } from './cache/context.ts'
import { cacheGroups } from './cache/groups.ts'
import { type Exception, registerSuite, type TestRunner } from './runner.ts'

/** One installation's cache, empty. */
export interface CacheSubject {
  /** The cache as one more process of the installation has it. */
  cache(): Cache
  /** Lets at least `ms` pass on the cache's clock. @default really waits */
  elapse?(ms: number): Promise<void>
  /** The suite has closed its caches by then. */
  dispose(): Promise<void>
}

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
