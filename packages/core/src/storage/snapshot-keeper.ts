import type { SnapshotChange } from '../changes/snapshot-change.ts'
import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Version } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import type { Snapshot, SnapshotKey } from '../ports/snapshots.ts'
import { createFlushRhythm } from './flush-rhythm.ts'
import { createOutageTally, type Replay } from './outage-tally.ts'
import { createProvisionalWatch } from './provisional-watch.ts'
import { replaceEach } from './replace-each.ts'
import type { StorageLink } from './storage-link.ts'
import { isSameVersion } from './stored-head.ts'
import { createStoredHeads, type KeeperCounters, type StoredHeadsListener } from './stored-heads.ts'
import { createTakeovers } from './takeovers.ts'
import { createTracks } from './target-track.ts'
import { takeWriteBatch, toSnapshotWrite, type WriteBatch } from './write-batch.ts'
import { createWriteBuffer, type PendingWrite, type WriteBuffer } from './write-buffer.ts'

export interface SnapshotKeeperOptions extends StoredHeadsListener {
  readonly link: Pick<StorageLink, 'state' | 'run'>
  readonly clock: Clock
  readonly logger: Logger
  /** This process: what its writes are named after, one by one. */
  readonly origin: string
  readonly maxBufferedWrites: number
  readonly maxBufferedBytes: number
  readonly provisionalAfterMs: number
  /** A change is not stored yet, and storage is away or slow. */
  onProvisional(change: SnapshotChange): void
  /** Everything that waited through an outage is stored or dropped. */
  onReplayed(replay: Replay): void
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
  const outage = createOutageTally()
  const heads = createStoredHeads({ ...options, buffer, tracks, outage })
  const { adrift } = heads
  let offered = 0
  let flushing = false
  let onIdle: (() => void)[] = []

  const takeovers = createTakeovers({ link, onLoaded: heads.takenOver })

  const takeBatch = (): WriteBatch => takeWriteBatch({ buffer, tracks }, BATCH)

  const loadUnknown = async (batch: WriteBatch): Promise<void> => {
    const unknown = batch.filter(([{ stored }]) => stored === undefined)
    if (unknown.length === 0) return
    const found = await link.run((driver) => driver.snapshots.load(unknown.map(([{ key }]) => key)))
    for (const [index, [track]] of unknown.entries()) heads.met(track, found[index] ?? null)
  }

  const replaceAll = async (batch: WriteBatch): Promise<void> => {
    if (batch.length === 0) return
    const writes = batch.map(([track, write]) => toSnapshotWrite(track, write))
    await replaceEach(link, writes, (index, outcome) => {
      const [track, write] = batch[index] ?? []
      if (track !== undefined && write !== undefined) heads.answered(track, write, outcome)
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
        await replaceAll(heads.stillChanges(takeBatch().filter(([{ stored }]) => stored !== undefined)))
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
    counters: heads.counters,
    buffer,
    get unwelcome() {
      return heads.unwelcome
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
      heads.dropped(buffer.dropped - droppedBefore)
      if (isUp) {
        watch.begin()
        rhythm.wake()
      } else watch.show(write)
    },
    settledVersion: (key) => heads.settledVersion(tracks.of(key)),
    waiting: (key) => buffer.last(tracks.of(key).id),
    lastVersion: (key) => tracks.of(key).stored?.version ?? null,
    correct: ({ key, believed, found }) => {
      const track = tracks.of(key)
      // Where this process wrote meanwhile, what was read may be from before that.
      if (believed === undefined || heads.settledVersion(track) !== believed) return
      if (!isSameVersion(believed, found?.version ?? null)) heads.overtaken(track, found)
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
