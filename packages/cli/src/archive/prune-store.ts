import type { CollectionDefinition, StorageDriver } from '@sightline/core/ports'

export interface PruneOptions {
  /** Connected. */
  readonly storage: StorageDriver
  readonly collections: readonly CollectionDefinition<never>[]
  /** ms since the Unix epoch: older history goes, and what is left of deleted records. */
  readonly before: number
  /** ms since the Unix epoch: older log lines go as well. Default: none. */
  readonly logsBefore?: number | null
  onProgress?(deleted: PruneCounts): void
}

export interface PruneCounts {
  readonly documents: number
  readonly records: number
  readonly logs: number
}

const STEP = 500

/** Deletes history that is older, but for each target's latest document, and forgets deleted records; in steps, while others write. */
export const pruneStore = async ({
  storage,
  collections,
  before,
  logsBefore = null,
  onProgress,
}: PruneOptions): Promise<PruneCounts> => {
  const deleted = { documents: 0, records: 0, logs: 0 }
  const all = async (kind: keyof PruneCounts, prune: () => Promise<number>): Promise<void> => {
    for (;;) {
      const count = await prune()
      deleted[kind] += count
      onProgress?.(deleted)
      if (count < STEP) return
    }
  }
  await all('documents', () => storage.snapshots.prune({ before, limit: STEP }))
  for (const definition of collections) {
    await all('records', () => storage.collection(definition).prune({ before, limit: STEP }))
  }
  if (logsBefore !== null) await all('logs', () => storage.logs.prune({ before: logsBefore, limit: STEP }))
  return deleted
}
