import type { SnapshotChange } from '../changes/snapshot-change.ts'
import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Outcome, Version } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import { type Snapshot, type SnapshotKey, type SnapshotWrite, snapshotId } from '../ports/snapshots.ts'
import type { StorageLink } from './storage-link.ts'
import { createWriteBuffer, type PendingWrite, type WriteBuffer } from './write-buffer.ts'

export interface SnapshotKeeperOptions {
  readonly link: Pick<StorageLink, 'state' | 'run'>
  readonly clock: Clock
  readonly logger: Logger
  readonly randomId: () => string
  readonly maxBufferedWrites: number
  readonly maxBufferedBytes: number
  readonly provisionalAfterMs: number
  /** A change is stored. `superseded`: a later one of the same target waits behind it, so that it need not be shown. */
  onStored(snapshot: Snapshot, change: SnapshotChange, superseded: boolean): void
  /** A change is not stored yet, and storage is away or slow. */
  onProvisional(change: SnapshotChange): void
  /** What stands in storage is not what this process thought: its baseline is void. */
  onOvertaken(key: SnapshotKey, current: Snapshot | null): void
  /** Everything that waited through an outage is stored or dropped. */
  onReplayed(replay: { readonly replayed: number; readonly dropped: number }): void
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
  /** Takes a target over: raises its fence and loads what is stored. Calls of one turn share a round trip. */
  adopt(key: SnapshotKey, fence: number): Promise<Snapshot | null>
  offer(change: SnapshotChange): void
  /** The version this process believes to stand in storage; undefined while unknown or while a change is under way. */
  settledVersion(key: SnapshotKey): Version | null | undefined
  /** The last version this process knew of, whatever is under way. */
  lastVersion(key: SnapshotKey): Version | null
  /** Storage was read and holds `current`: later changes are based on it. */
  rebase(key: SnapshotKey, current: Snapshot | null): void
  storageUp(): void
  storageAway(): void
  /** Resolves when nothing waits, or after `timeoutMs`; true where nothing was left behind. */
  settle(timeoutMs: number): Promise<boolean>
  close(): void
}

const BATCH = 500
/** Batches follow one another no sooner, in ms: a lone change waits for nobody, many share a transaction. */
const PACE_MS = 10
/** Pause before a batch is repeated whose outcome is unknown although storage answers. */
const REPEAT_MS = 100

interface Adoption {
  readonly key: SnapshotKey
  readonly fence: number
  resolve(snapshot: Snapshot | null): void
  reject(error: unknown): void
}

export const trackId = ({ team, api, region }: SnapshotKey): string => `${encodeURIComponent(team)}/${snapshotId({ api, region })}`

export const createSnapshotKeeper = (options: SnapshotKeeperOptions): SnapshotKeeper => {
  const { link, clock, logger } = options
  const buffer = createWriteBuffer({ maxWrites: options.maxBufferedWrites, maxBytes: options.maxBufferedBytes })
  /** Absent means unknown: load before writing. */
  const versions = new Map<string, Version | null>()
  const keys = new Map<string, SnapshotKey>()
  const counters: KeeperCounters = { writes: 0, conflicts: 0, fenced: 0, dropped: 0 }
  let adoptions: Adoption[] = []
  let flushing = false
  let closed = false
  let replay: { replayed: number; dropped: number } | null = null
  let cancelSlow: (() => void) | null = null
  let cancelWake = (): void => {}
  let lastBatchAt = -Infinity
  let onIdle: (() => void)[] = []

  const show = (write: PendingWrite): void => {
    if (write.shown) return
    write.shown = true
    options.onProvisional(write.change)
  }

  const showWaiting = (): void => {
    for (const id of buffer.ids()) {
      const last = buffer.last(id)
      if (last !== null) show(last)
    }
  }

  const watchForSlowness = (): void => {
    if (cancelSlow !== null || buffer.writes === 0) return
    cancelSlow = clock.setTimer(options.provisionalAfterMs, () => {
      cancelSlow = null
      const slowSince = clock.monotonic() - options.provisionalAfterMs
      for (const id of buffer.ids()) {
        const last = buffer.last(id)
        if (last !== null && last.offeredAt <= slowSince) show(last)
      }
      watchForSlowness()
    })
  }

  const dropAll = (id: string): void => {
    const count = buffer.clear(id)
    counters.dropped += count
    if (replay !== null) replay.dropped += count
  }

  const overtaken = (id: string, current: Snapshot | null): void => {
    const key = keys.get(id)
    versions.set(id, current?.version ?? null)
    if (key !== undefined) options.onOvertaken(key, current)
  }

  /** What is found in storage where this process did not expect it. True: the oldest change still wants to be written. */
  const reconsider = (id: string, write: PendingWrite, current: Snapshot | null): boolean => {
    versions.set(id, current?.version ?? null)
    if (current === null) return true
    if (current.hash === write.change.hash && current.detector === write.change.detector) {
      buffer.shift(id)
      options.onOvertaken(write.change.key, current)
      return false
    }
    if (write.replayed && write.change.at > current.at) return true
    while (buffer.take(id) !== null && (!write.replayed || (buffer.take(id)?.change.at ?? Infinity) <= current.at)) {
      buffer.shift(id)
      counters.dropped++
      if (replay !== null) replay.dropped++
    }
    options.onOvertaken(write.change.key, current)
    return false
  }

  const judge = (id: string, write: PendingWrite, outcome: Outcome<Snapshot>): void => {
    if (outcome.ok) {
      counters.writes++
      if (write.replayed && replay !== null) replay.replayed++
      versions.set(id, outcome.record.version)
      buffer.shift(id)
      options.onStored(outcome.record, write.change, buffer.last(id) !== null)
    } else if (outcome.reason === 'fenced') {
      counters.fenced++
      dropAll(id)
      overtaken(id, outcome.current)
    } else {
      counters.conflicts++
      reconsider(id, write, outcome.current)
    }
  }

  const writeOf = (id: string, { change, writeId }: PendingWrite): SnapshotWrite => ({
    key: change.key,
    expected: versions.get(id) ?? null,
    writeId,
    at: change.at,
    body: change.body,
    hash: change.hash,
    fence: change.fence,
    detector: change.detector,
  })

  const loadUnknown = async (batch: readonly (readonly [string, PendingWrite])[]): Promise<void> => {
    const unknown = batch.filter(([id]) => !versions.has(id))
    if (unknown.length === 0) return
    const found = await link.run((driver) => driver.snapshots.load(unknown.map(([, write]) => write.change.key)))
    unknown.forEach(([id, write], index) => reconsider(id, write, found[index] ?? null))
  }

  const takeBatch = (): (readonly [string, PendingWrite])[] => {
    const batch: (readonly [string, PendingWrite])[] = []
    for (const id of buffer.ids()) {
      const write = buffer.take(id)
      if (write !== null) batch.push([id, write])
      if (batch.length === BATCH) break
    }
    return batch
  }

  const replaceAll = async (batch: readonly (readonly [string, PendingWrite])[]): Promise<void> => {
    try {
      const outcomes = await link.run((driver) => driver.snapshots.replace(batch.map(([id, write]) => writeOf(id, write))))
      batch.forEach(([id, write], index) => {
        const outcome = outcomes[index]
        if (outcome !== undefined) judge(id, write, outcome)
      })
    } catch (thrown) {
      const error = SightlineError.from(thrown)
      if (error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT') throw error
      await refused(batch, error)
    }
  }

  /** Storage refused a batch for good: each change by itself, so that one bad one does not take the others with it. */
  const refused = async (batch: readonly (readonly [string, PendingWrite])[], error: SightlineError): Promise<void> => {
    if (batch.length > 1) {
      for (const entry of batch) await replaceAll([entry])
      return
    }
    for (const [id, write] of batch) {
      logger.error({ code: error.code, api: write.change.key.api, region: write.change.key.region }, `A change was refused by storage and is lost: ${error.message}`)
      buffer.shift(id)
      counters.dropped++
    }
  }

  const adoptAll = async (batch: readonly Adoption[]): Promise<void> => {
    try {
      const byFence = Map.groupBy(batch, ({ fence }) => fence)
      for (const [fence, group] of byFence) {
        await link.run((driver) => driver.snapshots.raiseFence(group.map(({ key }) => key), fence))
      }
      const found = await link.run((driver) => driver.snapshots.load(batch.map(({ key }) => key)))
      batch.forEach((adoption, index) => {
        const snapshot = found[index] ?? null
        versions.set(trackId(adoption.key), snapshot?.version ?? null)
        adoption.resolve(snapshot)
      })
    } catch (thrown) {
      for (const adoption of batch) adoption.reject(thrown)
    }
  }

  const finish = (): void => {
    if (buffer.writes > 0) return
    cancelSlow?.()
    cancelSlow = null
    if (replay !== null && link.state === 'up') {
      options.onReplayed(replay)
      replay = null
    }
    for (const resolve of onIdle) resolve()
    onIdle = []
  }

  const flush = async (): Promise<void> => {
    if (flushing) return
    flushing = true
    let repeatMs = 0
    try {
      while (adoptions.length > 0) await adoptAll(adoptions.splice(0, BATCH))
      if (link.state === 'up' && buffer.writes > 0) {
        lastBatchAt = clock.monotonic()
        await loadUnknown(takeBatch())
        const batch = takeBatch().filter(([id]) => versions.has(id))
        if (batch.length > 0) await replaceAll(batch)
      }
    } catch (thrown) {
      logger.debug({ code: SightlineError.from(thrown).code }, 'Storage did not take a batch of changes; it will be repeated.')
      repeatMs = REPEAT_MS
    } finally {
      flushing = false
      finish()
      if (adoptions.length > 0 || (buffer.writes > 0 && link.state === 'up')) wake(repeatMs)
    }
  }

  let woken = false
  const wake = (atLeastMs = 0): void => {
    if (woken || closed) return
    woken = true
    const go = (): void => {
      woken = false
      void flush()
    }
    const waitMs = Math.max(atLeastMs, adoptions.length > 0 ? 0 : lastBatchAt + PACE_MS - clock.monotonic())
    // One turn later at the soonest, so that the changes of one turn share a transaction.
    if (waitMs > 0) cancelWake = clock.setTimer(waitMs, go)
    else queueMicrotask(go)
  }

  return {
    counters,
    buffer,
    adopt: (key, fence) =>
      new Promise((resolve, reject) => {
        keys.set(trackId(key), key)
        adoptions.push({ key, fence, resolve, reject })
        // A first poll waits for this: not for the pace of the changes.
        cancelWake()
        woken = false
        wake()
      }),
    offer: (change) => {
      const id = trackId(change.key)
      keys.set(id, change.key)
      const write: PendingWrite = { change, writeId: options.randomId(), offeredAt: clock.monotonic(), shown: false, replayed: link.state !== 'up' }
      const droppedBefore = buffer.dropped
      buffer.push(id, write)
      counters.dropped += buffer.dropped - droppedBefore
      if (replay !== null) replay.dropped += buffer.dropped - droppedBefore
      if (link.state === 'up') {
        watchForSlowness()
        wake()
      } else show(write)
    },
    settledVersion: (key) => {
      const id = trackId(key)
      return buffer.last(id) === null ? versions.get(id) : undefined
    },
    lastVersion: (key) => versions.get(trackId(key)) ?? null,
    rebase: (key, current) => overtaken(trackId(key), current),
    storageUp: () => {
      wake()
    },
    storageAway: () => {
      replay ??= { replayed: 0, dropped: 0 }
      for (const write of buffer.all()) write.replayed = true
      showWaiting()
    },
    settle: (timeoutMs) =>
      new Promise((resolve) => {
        if (buffer.writes === 0) return resolve(true)
        const cancel = clock.setTimer(timeoutMs, () => resolve(buffer.writes === 0))
        onIdle.push(() => {
          cancel()
          resolve(true)
        })
        wake()
      }),
    close: () => {
      closed = true
      cancelSlow?.()
      cancelWake()
      for (const adoption of adoptions.splice(0)) adoption.reject(new SightlineError('ABORTED', 'Sightline is stopping.'))
    },
  }
}
