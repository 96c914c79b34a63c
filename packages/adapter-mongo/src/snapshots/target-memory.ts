import type { LatestDocument } from './snapshot-documents.ts'

/** What this process knows of a target: its latest version, whose entry is in the history. It may be outdated; a write finds out. */
export type KnownTarget = Pick<LatestDocument, 'epoch' | 'era' | 'revision' | 'since' | 'first' | 'recent' | 'removedAt'>

export interface TargetMemory {
  get(key: string): KnownTarget | undefined
  put(key: string, target: KnownTarget): void
  forget(key: string): void
}

/** Beyond so many targets those that were not written for the longest are forgotten, which costs one read when they are. */
export const targetMemory = (maxTargets = 50_000): TargetMemory => {
  const known = new Map<string, KnownTarget>()
  return {
    get: (key) => known.get(key),
    put: (key, target) => {
      known.delete(key)
      const { epoch, era, revision, since, first, recent, removedAt } = target
      // Without the body.
      known.set(key, { epoch, era, revision, since, first, recent, removedAt })
      if (known.size <= maxTargets) return
      for (const oldest of known.keys()) {
        known.delete(oldest)
        return
      }
    },
    forget: (key) => void known.delete(key),
  }
}
