import { SightlineError } from '../errors.ts'
import type { TargetDirectory } from '../polling/target-directory.ts'
import type { Head } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import { fromSnapshotId, type Snapshot, type SnapshotKey } from '../ports/snapshots.ts'
import type { SnapshotKeeper } from './snapshot-keeper.ts'
import type { StorageLink } from './storage-link.ts'
import { isSameVersion } from './stored-head.ts'
import { trackId } from './target-track.ts'

export interface HeadFollowerOptions {
  readonly link: Pick<StorageLink, 'run'>
  readonly keeper: Pick<SnapshotKeeper, 'settledVersion' | 'waiting' | 'correct'>
  readonly directory: Pick<TargetDirectory, 'find'>
  readonly logger: Logger
  /** Would anybody here be told of this document? */
  isWanted(head: Head, key: SnapshotKey): boolean
  /** Another process stored it. */
  onFound(snapshot: Snapshot): void
  /** What was announced could not be read. */
  onGap(): void
}

/** Reads what other processes stored, once storage has announced it: all that was announced meanwhile in one round trip. */
export interface HeadFollower {
  announced(head: Head): void
}

const BATCH = 500

export const createHeadFollower = (options: HeadFollowerOptions): HeadFollower => {
  const { link, keeper, directory } = options
  const due = new Map<string, SnapshotKey>()
  let isReading = false

  const readDue = async (): Promise<void> => {
    isReading = true
    try {
      while (due.size > 0) {
        const batch = [...due].slice(0, BATCH)
        for (const [id] of batch) due.delete(id)
        const keys = batch.map(([, key]) => key)
        const believed = keys.map(keeper.settledVersion)
        const found = await link.run((driver) => driver.snapshots.load(keys))
        for (const [index, snapshot] of found.entries()) {
          if (snapshot === null) continue
          keeper.correct({ key: snapshot.key, believed: believed[index], found: snapshot })
          options.onFound(snapshot)
        }
      }
    } catch (thrown) {
      options.logger.debug({ code: SightlineError.from(thrown).code }, 'Documents that others stored could not be read.')
      due.clear()
      options.onGap()
    } finally {
      isReading = false
    }
  }

  return {
    announced: (head) => {
      const key = fromSnapshotId(head.team, head.id)
      // What is under way from here learns by its own outcome what stands there; a document that is gone is compared in its rhythm.
      if (head.deleted === true || directory.find(key) === null || keeper.waiting(key) !== null) return
      const settled = keeper.settledVersion(key)
      const isOverdue = settled !== undefined && !isSameVersion(settled, head.version)
      if (!isOverdue && !options.isWanted(head, key)) return
      due.set(trackId(key), key)
      if (!isReading) void readDue()
    },
  }
}
