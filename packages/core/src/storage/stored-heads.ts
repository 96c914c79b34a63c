import type { SnapshotChange } from '../changes/snapshot-change.ts'
import { SightlineError } from '../errors.ts'
import type { Outcome, Version } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import type { Snapshot, SnapshotKey } from '../ports/snapshots.ts'
import { type AdriftTargets, createAdriftTargets } from './adrift-targets.ts'
import type { OutageTally } from './outage-tally.ts'
import type { StorageLink } from './storage-link.ts'
import { isSameVersion, isStored, reconsider, toStoredHead } from './stored-head.ts'
import type { Track, Tracks } from './target-track.ts'
import { createUnwelcomeTargets } from './unwelcome-targets.ts'
import type { WriteBatch } from './write-batch.ts'
import type { PendingWrite, WriteBuffer } from './write-buffer.ts'

/** Who is told what became of changes, and of targets. */
export interface StoredHeadsListener {
  /** A change is stored. `superseded`: it need not be shown, since a later one of the same target is shown already, or about to be. */
  onStored(snapshot: Snapshot, change: SnapshotChange, superseded: boolean): void
  /** A target was taken over, nothing of it waits, and `current` is what the next poll is to be compared with. */
  onAdopted(key: SnapshotKey, current: Snapshot | null): void
  /** A successor has taken over. */
  onFenced(): void
  /** What stands in storage is not what this process thought: its baseline is void. */
  onOvertaken(key: SnapshotKey, current: Snapshot | null): void
}

export interface StoredHeadsOptions extends StoredHeadsListener {
  readonly link: Pick<StorageLink, 'state' | 'run'>
  readonly logger: Logger
  readonly buffer: WriteBuffer
  readonly tracks: Tracks
  readonly outage: OutageTally
}

export interface KeeperCounters {
  writes: number
  conflicts: number
  fenced: number
  dropped: number
}

/** What this process believes to stand in storage of each target, put right by every answer: the changes that wait go by it. */
export interface StoredHeads {
  readonly counters: Readonly<KeeperCounters>
  readonly adrift: AdriftTargets
  /** Targets whose changes storage refuses for good. */
  readonly unwelcome: number
  /** Undefined while unknown or while a change is under way. */
  settledVersion(track: Track): Version | null | undefined
  /** Storage holds `found`, and did not when it was last asked. */
  met(track: Track, found: Snapshot | null): void
  /** A target was taken over, and storage holds `found`. */
  takenOver(key: SnapshotKey, found: Snapshot | null): void
  /** Storage was read while nothing was written here, and holds `found`. */
  overtaken(track: Track, found: Snapshot | null): void
  answered(track: Track, write: PendingWrite, answer: Outcome<Snapshot> | SightlineError): void
  /** Those that change what is stored. Where what lay between was dropped, a change may lead back to it, and is none any more. */
  stillChanges(batch: WriteBatch): WriteBatch
  /** So many changes will not be stored. */
  dropped(count: number): void
}

export const createStoredHeads = (options: StoredHeadsOptions): StoredHeads => {
  const { link, logger, buffer, tracks, outage } = options
  const counters: KeeperCounters = { writes: 0, conflicts: 0, fenced: 0, dropped: 0 }
  const unwelcome = createUnwelcomeTargets({ logger })

  const isIdle = ({ id }: Track): boolean => buffer.last(id) === null

  const countDropped = (count: number): void => {
    counters.dropped += count
    outage.dropped(count)
  }

  /** Storage holds `found`. While changes wait, the poller compares with the last of those; else it is told. */
  const overtaken = (track: Track, found: Snapshot | null): void => {
    track.stored = toStoredHead(found)
    if (!isIdle(track)) return
    adrift.delete(track)
    options.onOvertaken(track.key, found)
  }
  const adrift = createAdriftTargets({ link, isIdle, onFound: overtaken })

  const meet = (track: Track, found: Snapshot | null): void => {
    const wasUnknown = track.stored === undefined
    for (const write of [...buffer.of(track.id)]) {
      const verdict = reconsider(write, { found, wasUnknown })
      if (verdict === 'write') break
      buffer.shift(track.id)
      if (verdict === 'done') break
      countDropped(1)
    }
    overtaken(track, found)
  }

  const judge = (track: Track, write: PendingWrite, outcome: Outcome<Snapshot>): void => {
    if (outcome.ok) {
      counters.writes++
      unwelcome.delete(track)
      if (write.replayed) outage.replayed()
      track.stored = toStoredHead(outcome.record)
      buffer.shift(track.id)
      const later = buffer.of(track.id)
      // Nobody is taken back through what they have been shown, and of what waited through an outage only the last is.
      const superseded = later.some(({ shown }) => shown) || (write.replayed && later.length > 0)
      options.onStored(outcome.record, write.change, superseded)
    } else if (outcome.reason === 'fenced') {
      counters.fenced++
      options.onFenced()
      countDropped(buffer.clear(track.id))
      overtaken(track, outcome.current)
    } else {
      counters.conflicts++
      meet(track, outcome.current)
    }
  }

  /** The poller goes back to what is stored, so that its next poll finds the change again. */
  const refused = (track: Track, error: SightlineError): void => {
    unwelcome.add(track, error)
    buffer.shift(track.id)
    countDropped(1)
    if (isIdle(track)) adrift.add(track)
  }

  return {
    counters,
    adrift,
    get unwelcome() {
      return unwelcome.size
    },
    settledVersion: (track) => {
      if (!isIdle(track)) return undefined
      return track.stored === null ? null : track.stored?.version
    },
    met: meet,
    // A poll that did not wait for the take-over may have found a change before it was known what is stored.
    takenOver: (key, found) => {
      const track = tracks.of(key)
      if (isIdle(track)) {
        track.stored = toStoredHead(found)
        options.onAdopted(key, found)
      } else if (track.stored === undefined || !isSameVersion(track.stored?.version ?? null, found?.version ?? null))
        meet(track, found)
    },
    overtaken,
    answered: (track, write, answer) => {
      if (answer instanceof SightlineError) refused(track, answer)
      else judge(track, write, answer)
    },
    stillChanges: (batch) =>
      batch.filter(([track, { change }]) => {
        if (!isStored(track.stored, change)) return true
        buffer.shift(track.id)
        if (isIdle(track)) adrift.add(track)
        return false
      }),
    dropped: countDropped,
  }
}
