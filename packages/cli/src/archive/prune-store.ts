import type { CollectionDefinition, StorageDriver } from '@sightline/core/ports'
import type { KeptSince } from './archive-old.ts'

export interface PruneOptions {
  /** Connected. */
  readonly storage: StorageDriver
  readonly collections: readonly CollectionDefinition<never>[]
  /** What is older is deleted; with the history what is left of deleted records. */
  readonly before: KeptSince
  onProgress?(deleted: PruneCounts): void
}

export interface PruneCounts {
  readonly documents: number
  readonly records: number
  readonly logs: number
  readonly samples: number
}

const STEP = 500

/** Deletes what is older, but for each target's latest document; in steps, while others write. */
export const pruneStore = async ({ storage, collections, before, onProgress }: PruneOptions): Promise<PruneCounts> => {
  const deleted = { documents: 0, records: 0, logs: 0, samples: 0 }
  const all = async (
    kind: keyof PruneCounts,
    since: number | null | undefined,
    prune: (request: { readonly before: number; readonly limit: number }) => Promise<number>,
  ): Promise<void> => {
    if (since == null) return
    for (;;) {
      const count = await prune({ before: since, limit: STEP })
      deleted[kind] += count
      onProgress?.(deleted)
      if (count < STEP) return
    }
  }
  await all('documents', before.history, storage.snapshots.prune)
  for (const definition of collections) await all('records', before.history, storage.collection(definition).prune)
  await all('logs', before.logs, storage.logs.prune)
  await all('samples', before.samples, (request) => storage.samples.prune({ ...request, resolutionMs: 0 }))
  return deleted
}
