import type { SnapshotChange } from '../changes/snapshot-change.ts'
import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Outcome, Version } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import type { Snapshot, SnapshotKey } from '../ports/snapshots.ts'
import { createAdriftTargets } from './adrift-targets.ts'
import { createFlushRhythm } from './flush-rhythm.ts'
import { createOutageTally, type Replay } from './outage-tally.ts'
import { createProvisionalWatch } from './provisional-watch.ts'
import { replaceEach } from './replace-each.ts'
import type { StorageLink } from './storage-link.ts'
import { isSameVersion, isStored, reconsider, toStoredHead } from './stored-head.ts'
import { createTakeovers } from './takeovers.ts'
import { createTracks, type Track } from './target-track.ts'
import { createUnwelcomeTargets } from './unwelcome-targets.ts'
import { takeWriteBatch, toSnapshotWrite, type WriteBatch } from './write-batch.ts'
import { createWriteBuffer, type PendingWrite, type WriteBuffer } from './write-buffer.ts'

export interface SnapshotKeeperOptions {
  readonly link: Pick<StorageLink, 'state' | 'run'>
  readonly clock: Clock
  readonly logger: Logger
  /** This process: what its writes are named after, one by one. */
  readonly origin: string
  readonly maxBufferedWrites: number
  readonly maxBufferedBytes: number
  readonly provisionalAfterMs: number
  /** A change is stored. `superseded`: it need not be shown, since a later one of the same target is shown already, or about to be. */
  onStored(snapshot: Snapshot, change: SnapshotChange, superseded: boolean): void
  /** A change is not stored yet, and storage is away or slow. */
  onProvisional(change: SnapshotChange): void
  /** A target was taken over, nothing of it waits, and `current` is what the next poll is to be compared with. */
  onAdopted(key: SnapshotKey, current: Snapshot | null): void
  /** A successor has taken over. */
  onFenced(): void
  /** What stands in storage is not what this process thought: its baseline is void. */
  onOvertaken(key: SnapshotKey, current: Snapshot | null): void
  /** Everything that waited through an outage is stored or dropped. */
  onReplayed(replay: Replay): void
}

export interface KeeperCounters {
  writes: number
  conflicts: number
  fenced: number
  dropped: number
}

/**
 * Brings changes to storage, in order for each target, without making anybody wait: one batch at a time, each target's oldest
 * change in it. Knows the version each target's next change is based on.
 */
export interface SnapshotKeeper {
  readonly counters: Readonly<KeeperCounters>
  readonly buffer: Pick<WriteBuffer, 'writes' | 'bytes'>
  /** Targets whose changes storage refuses for good. */
  readonly unwelcome: number
  /** Takes a target over: raises its fence and loads what is stored. Calls of one turn share a round trip. */
  adopt(key: SnapshotKey, fence: number): Promise<void>
  offer(change: SnapshotChange): void
  /** The version this process believes to stand in storage; undefined while unknown or while a change is under way. */
  settledVersion(key: SnapshotKey): Version | null | undefined
  /** The youngest change of the target that is under way to storage, and whether it is shown already. */
  waiting(key: SnapshotKey): Pick<PendingWrite, 'shown'> | null
  /** The last version this process knew of, whatever is under way. */
  lastVersion(key: SnapshotKey): Version | null
  /**
   * Storage was read and holds `found`; `believed` is the settled version from before it was read. Where they differ and nothing was written
   * here meanwhile, later changes are based on what was found.
   */
  correct(reading: {
    readonly key: SnapshotKey
    readonly believed: Version | null | undefined
    readonly found: Snapshot | null
  }): void
  storageUp(): void
  storageAway(): void
  /** Resolves when nothing waits, or after `timeoutMs`; true where nothing was left behind. */
  settle(timeoutMs: number): Promise<boolean>
  close(): void
}

const BATCH = 500
/** Batches follow one another no sooner, in ms; up to the longest where they take their time. */
const PACE_MS = 10
const LONGEST_PACE_MS = 20
/** Pause before a batch is repeated whose outcome is unknown although storage answers. */
const REPEAT_MS = 100

export const createSnapshotKeeper = (options: SnapshotKeeperOptions): SnapshotKeeper => {
  const { link, clock, logger } = options
  const buffer = createWriteBuffer({ maxWrites: options.maxBufferedWrites, maxBytes: options.maxBufferedBytes })
  const watch = createProvisionalWatch({
    buffer,
    clock,
    afterMs: options.provisionalAfterMs,
    onProvisional: options.onProvisional,
  })
  const tracks = createTracks()
  const counters: KeeperCounters = { writes: 0, conflicts: 0, fenced: 0, dropped: 0 }
  const unwelcome = createUnwelcomeTargets({ logger })
  const outage = createOutageTally()
  let offered = 0
  let flushing = false
  let onIdle: (() => void)[] = []

  const isIdle = ({ id }: Track): boolean => buffer.last(id) === null

  const settledVersionOf = (track: Track): Version | null | undefined => {
    if (!isIdle(track)) return undefined
    return track.stored === null ? null : track.stored?.version
  }

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

  /** A poll that did not wait for the take-over may have found a change before it was known what is stored. */
  const takenOver = (key: SnapshotKey, found: Snapshot | null): void => {
    const track = tracks.of(key)
    if (isIdle(track)) {
      track.stored = toStoredHead(found)
      options.onAdopted(key, found)
    } else if (track.stored === undefined || !isSameVersion(track.stored?.version ?? null, found?.version ?? null))
      meet(track, found)
  }

  const takeovers = createTakeovers({ link, onLoaded: takenOver })

  const takeBatch = (): WriteBatch => takeWriteBatch({ buffer, tracks }, BATCH)

  const loadUnknown = async (batch: WriteBatch): Promise<void> => {
    const unknown = batch.filter(([{ stored }]) => stored === undefined)
    if (unknown.length === 0) return
    const found = await link.run((driver) => driver.snapshots.load(unknown.map(([{ key }]) => key)))
    for (const [index, [track]] of unknown.entries()) meet(track, found[index] ?? null)
  }

  /** Changes that lead back to what is stored, since what lay between was dropped, are none any more. */
  const leaveOutUnchanged = (batch: WriteBatch): WriteBatch =>
    batch.filter(([track, { change }]) => {
      if (!isStored(track.stored, change)) return true
      buffer.shift(track.id)
      if (isIdle(track)) adrift.add(track)
      return false
    })

  /** The poller goes back to what is stored, so that its next poll finds the change again. */
  const refused = (track: Track, error: SightlineError): void => {
    unwelcome.add(track, error)
    buffer.shift(track.id)
    countDropped(1)
    if (isIdle(track)) adrift.add(track)
  }

  const replaceAll = async (batch: WriteBatch): Promise<void> => {
    if (batch.length === 0) return
    const writes = batch.map(([track, write]) => toSnapshotWrite(track, write))
    await replaceEach(link, writes, (index, outcome) => {
      const [track, write] = batch[index] ?? []
      if (track === undefined || write === undefined) return
      if (outcome instanceof SightlineError) refused(track, outcome)
      else judge(track, write, outcome)
    })
  }

  const finish = (): void => {
    if (buffer.writes > 0) return
    watch.end()
    const replay = link.state === 'up' ? outage.end() : null
    if (replay !== null) options.onReplayed(replay)
    for (const resolve of onIdle) resolve()
    onIdle = []
  }

  const flush = async (): Promise<void> => {
    if (flushing) return
    flushing = true
    let repeatMs = 0
    try {
      await takeovers.run()
      if (link.state === 'up' && buffer.writes > 0) {
        rhythm.began()
        await loadUnknown(takeBatch())
        await replaceAll(leaveOutUnchanged(takeBatch().filter(([{ stored }]) => stored !== undefined)))
        rhythm.ended()
      }
      if (link.state === 'up') await adrift.settle()
    } catch (thrown) {
      logger.debug({ code: SightlineError.from(thrown).code }, 'Storage did not take a batch of changes; it will be repeated.')
      repeatMs = REPEAT_MS
    } finally {
      flushing = false
      finish()
      if (takeovers.waiting > 0) rhythm.hurry()
      else if (link.state === 'up' && (buffer.writes > 0 || adrift.size > 0)) rhythm.wake(repeatMs)
    }
  }

  const rhythm = createFlushRhythm({ clock, paceMs: PACE_MS, longestPaceMs: LONGEST_PACE_MS, flush: () => void flush() })

  return {
    counters,
    buffer,
    get unwelcome() {
      return unwelcome.size
    },
    adopt: (key, fence) => {
      const adopted = takeovers.add(key, fence)
      // A first poll waits for this: not for the pace of the changes.
      rhythm.hurry()
      return adopted
    },
    offer: (change) => {
      const track = tracks.of(change.key)
      // What was dropped of it before, this one is later than.
      adrift.delete(track)
      const isUp = link.state === 'up'
      const write: PendingWrite = {
        change,
        writeId: `${options.origin}:${++offered}`,
        offeredAt: clock.monotonic(),
        shown: false,
        replayed: !isUp,
      }
      const droppedBefore = buffer.dropped
      for (const bereft of buffer.push(track.id, write)) {
        const loser = tracks.get(bereft)
        if (loser !== undefined) adrift.add(loser)
      }
      countDropped(buffer.dropped - droppedBefore)
      if (isUp) {
        watch.begin()
        rhythm.wake()
      } else watch.show(write)
    },
    settledVersion: (key) => settledVersionOf(tracks.of(key)),
    waiting: (key) => buffer.last(tracks.of(key).id),
    lastVersion: (key) => tracks.of(key).stored?.version ?? null,
    correct: ({ key, believed, found }) => {
      const track = tracks.of(key)
      // Where this process wrote meanwhile, what was read may be from before that.
      if (believed === undefined || settledVersionOf(track) !== believed) return
      if (!isSameVersion(believed, found?.version ?? null)) overtaken(track, found)
    },
    storageUp: () => rhythm.wake(),
    storageAway: () => {
      outage.begin()
      for (const write of buffer.all()) write.replayed = true
      watch.showAll()
    },
    settle: (timeoutMs) =>
      new Promise((resolve) => {
        if (buffer.writes === 0) return resolve(true)
        const cancel = clock.setTimer(timeoutMs, () => resolve(buffer.writes === 0))
        onIdle.push(() => {
          cancel()
          resolve(true)
        })
        rhythm.wake()
      }),
    close: () => {
      watch.end()
      rhythm.stop()
      takeovers.close()
    },
  }
}
