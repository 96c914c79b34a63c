import type { Cache } from '@sightline/core/ports'

/** One installation's cache, empty. */
export interface CacheSubject {
  /** The cache as one more process of the installation has it. */
  cache(): Cache
  /** Lets at least `ms` pass on the cache's clock. @default really waits */
  elapse?(ms: number): Promise<void>
  /** The suite has closed its caches by then. */
  dispose(): Promise<void>
}
