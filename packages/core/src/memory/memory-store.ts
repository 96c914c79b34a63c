import type { CollectionRows } from './memory-collections.ts'
import { type FeedLog, memoryFeedLog } from './memory-feed.ts'
import { type LogLines, memoryLogLines } from './memory-logs.ts'
import { memorySampleRows, type SampleRows } from './memory-samples.ts'
import { memorySnapshotRows, type SnapshotRows } from './memory-snapshots.ts'

/** What drivers in memory read and write: the database, as it were. Drivers that are given one store share it. */
export interface MemoryStore {
  /** Of the format it was last written in; null before the first `connect`. */
  format: number | null
  readonly snapshots: SnapshotRows
  /** By name. */
  readonly collections: Map<string, CollectionRows>
  readonly samples: SampleRows
  readonly logs: LogLines
  readonly feed: FeedLog
}

/** An empty store. */
export const memoryStore = (): MemoryStore => ({
  format: null,
  snapshots: memorySnapshotRows(),
  collections: new Map(),
  samples: memorySampleRows(),
  logs: memoryLogLines(),
  feed: memoryFeedLog(),
})
