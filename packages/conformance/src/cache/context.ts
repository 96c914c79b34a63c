import type { Cache } from '@sightline/core/ports'
import type { CacheSubject } from './subject.ts'

export interface CacheContext {
  readonly cache: Cache
  /** The cache as another process has it. */
  another(): Cache
  elapse(ms: number): Promise<void>
}

export const cacheContext = (subject: CacheSubject): { readonly context: CacheContext; dispose(): Promise<void> } => {
  const caches: Cache[] = []
  const another = (): Cache => {
    const cache = subject.cache()
    caches.push(cache)
    return cache
  }
  return {
    context: {
      cache: another(),
      another,
      elapse: (ms) => subject.elapse?.(ms) ?? new Promise((resolve) => setTimeout(resolve, ms)),
    },
    dispose: async () => {
      await Promise.allSettled(caches.map((cache) => cache.close()))
      await subject.dispose()
    },
  }
}
