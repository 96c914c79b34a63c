import { fromCursor, toCursor, toPage } from '../driver/cursor.ts'
import { isExpected } from '../driver/decide-record.ts'
import { checkFence, checkKey, checkLimit, isWithin, tupleKey } from '../driver/names.ts'
import { compareBytes } from '../ports/byte-order.ts'
import type { Head, Outcome, Version } from '../ports/identity.ts'
import { type Snapshot, type SnapshotKey, type SnapshotStore, type SnapshotWrite, snapshotId } from '../ports/snapshots.ts'
import { SortedArray } from './sorted-array.ts'
import { recall, remember, type WriteMemory } from './write-memory.ts'

/** All that is known of one target. Without `latest` and `tombstone` it was never stored, or is forgotten but for its fence. */
interface Target {
  readonly key: SnapshotKey
  readonly id: string
  readonly fence: number
  readonly latest: Snapshot | null
  readonly tombstone: { readonly version: Version; readonly at: number } | null
  readonly memory: WriteMemory<Snapshot> | null
}

/** A history entry. `sequence` grows with every write to the store, so that it orders a target's entries across epochs. */
interface Entry {
  readonly sequence: number
  readonly snapshot: Snapshot
}

/** The rows of the snapshot store. */
export interface SnapshotRows {
  readonly targets: Map<string, Target>
  /** The keys of `targets`, in the order of `heads`. */
  readonly ordered: SortedArray<Pick<Target, 'key' | 'id'>>
  /** By target, oldest first. */
  readonly history: Map<string, Entry[]>
  nextSequence: number
}

export const memorySnapshotRows = (): SnapshotRows => ({
  targets: new Map(),
  ordered: new SortedArray((a, b) => compareBytes(a.key.team, b.key.team) || compareBytes(a.id, b.id)),
  history: new Map(),
  nextSequence: 1,
})

interface SnapshotsOptions {
  readonly rows: SnapshotRows
  now(): number
  newEpoch(): string
  /** Throws unless the driver is connected. */
  checkConnected(): void
  changed(head: Head): void
}

export const memorySnapshots = ({ rows, now, newEpoch, checkConnected, changed }: SnapshotsOptions): SnapshotStore => {
  const find = (key: SnapshotKey): Target => rows.targets.get(rowKey(key)) ?? unknownTarget(key)

  const put = (target: Target): void => {
    if (!rows.targets.has(rowKey(target.key))) rows.ordered.put(target)
    rows.targets.set(rowKey(target.key), target)
  }

  const replaceOne = (write: SnapshotWrite): Outcome<Snapshot> => {
    const { outcome, next } = decideReplace(find(write.key), write, newEpoch)
    if (next === null) return outcome
    put(next)
    const entry = { sequence: rows.nextSequence++, snapshot: next.latest as Snapshot }
    const entries = rows.history.get(rowKey(write.key))
    if (entries === undefined) rows.history.set(rowKey(write.key), [entry])
    else entries.push(entry)
    changed(toHead(next) as Head)
    return outcome
  }

  return {
    load: async (keys) => {
      checkConnected()
      keys.forEach(checkKey)
      return keys.map((key) => find(key).latest)
    },

    heads: async (scope, { limit, cursor }) => {
      checkConnected()
      checkLimit(limit)
      const after = fromCursor<readonly [team: string, id: string]>('heads', cursor)
      const start = after === null ? 0 : rows.ordered.upperBound(probe(...after))
      const heads: Head[] = []
      for (let index = start; index < rows.ordered.items.length && heads.length <= limit; index++) {
        const head = toHead(find((rows.ordered.items[index] as Target).key))
        if (head !== null && isWithin(scope, head.team)) heads.push(head)
      }
      return toPage(heads, limit, ({ team, id }) => toCursor('heads', [team, id]))
    },

    replace: async (writes) => {
      checkConnected()
      writes.forEach(checkWrite)
      return writes.map(replaceOne)
    },

    raiseFence: async (keys, fence) => {
      checkConnected()
      keys.forEach(checkKey)
      checkFence(fence)
      for (const key of keys) {
        const target = find(key)
        if (fence > target.fence) put({ ...target, fence })
      }
    },

    history: async (key, { limit, cursor, asOf }) => {
      checkConnected()
      checkKey(key)
      checkLimit(limit)
      const entries = rows.history.get(rowKey(key)) ?? []
      const after = fromCursor<readonly [sequence: number]>('history', cursor)
      const start =
        after !== null
          ? entries.findLastIndex((entry) => entry.sequence < after[0])
          : asOf !== undefined
            ? entries.findLastIndex((entry) => entry.snapshot.at <= asOf)
            : entries.length - 1
      const candidates: Entry[] = []
      for (let index = start; index >= 0 && candidates.length <= limit; index--) candidates.push(entries[index] as Entry)
      const page = toPage(candidates, limit, ({ sequence }) => toCursor('history', [sequence]))
      return { items: page.items.map(({ snapshot }) => snapshot), next: page.next }
    },

    revisions: async (key, versions) => {
      checkConnected()
      checkKey(key)
      const entries = rows.history.get(rowKey(key)) ?? []
      return versions.map((version) => entries.find(({ snapshot }) => isSameVersion(snapshot.version, version))?.snapshot ?? null)
    },

    remove: async (keys) => {
      checkConnected()
      keys.forEach(checkKey)
      for (const key of keys) {
        const target = find(key)
        if (target.latest === null) continue
        const { epoch, revision } = target.latest.version
        const next = { ...target, latest: null, tombstone: { version: { epoch, revision: revision + 1 }, at: now() } }
        put(next)
        changed(toHead(next) as Head)
      }
    },

    prune: async ({ before, limit }) => {
      checkConnected()
      checkLimit(limit)
      const doomed = [...rows.history.values()]
        .flatMap((entries) =>
          entries.filter((entry) => entry.snapshot.at < before && find(entry.snapshot.key).latest !== entry.snapshot),
        )
        .sort((a, b) => a.snapshot.at - b.snapshot.at || a.sequence - b.sequence)
        .slice(0, limit)
      const sequences = new Set(doomed.map(({ sequence }) => sequence))
      for (const key of new Set(doomed.map(({ snapshot }) => rowKey(snapshot.key)))) {
        const kept = (rows.history.get(key) ?? []).filter(({ sequence }) => !sequences.has(sequence))
        if (kept.length > 0) rows.history.set(key, kept)
        else rows.history.delete(key)
      }
      for (const target of [...rows.targets.values()]) {
        if (target.tombstone !== null && target.tombstone.at < before) forget(rows, target)
      }
      return doomed.length
    },
  }
}

/**
 * Decides one write: a repeat answers as the first did, then the fence is judged, then the version. `next` is the target after it, or null
 * where nothing changes.
 */
const decideReplace = (
  target: Target,
  write: SnapshotWrite,
  newEpoch: () => string,
): { readonly outcome: Outcome<Snapshot>; readonly next: Target | null } => {
  const first = recall(target.memory, write.writeId)
  if (first !== undefined) return { outcome: { ok: true, record: first }, next: null }

  const { latest } = target
  if (write.fence < target.fence) return { outcome: { ok: false, reason: 'fenced', current: latest }, next: null }
  if (!isExpected(write.expected, latest?.version ?? null))
    return { outcome: { ok: false, reason: 'conflict', current: latest }, next: null }

  const { expected: _, key, ...rest } = write
  const version =
    latest === null ? { epoch: newEpoch(), revision: 1 } : { ...latest.version, revision: latest.version.revision + 1 }
  const record: Snapshot = Object.freeze({
    ...rest,
    key: Object.freeze({ ...key }),
    version: Object.freeze(version),
    createdAt: latest?.createdAt ?? write.at,
  })
  const memory = remember(latest === null ? null : target.memory, write.writeId, record)
  return { outcome: { ok: true, record }, next: { ...target, fence: write.fence, latest: record, tombstone: null, memory } }
}

/** Forgets a tombstone; the fence stays, since whoever it keeps out may still be frozen. */
const forget = (rows: SnapshotRows, target: Target): void => {
  if (target.fence > 0) {
    rows.targets.set(rowKey(target.key), { ...target, tombstone: null, memory: null })
    return
  }
  rows.targets.delete(rowKey(target.key))
  rows.ordered.delete(target)
}

const rowKey = ({ team, api, region }: SnapshotKey): string => tupleKey(team, api, region)

const unknownTarget = (key: SnapshotKey): Target => ({
  key: Object.freeze({ ...key }),
  id: snapshotId(key),
  fence: 0,
  latest: null,
  tombstone: null,
  memory: null,
})

const probe = (team: string, id: string): Pick<Target, 'key' | 'id'> => ({ key: { team, api: '', region: '' }, id })

const toHead = ({ key, id, latest, tombstone }: Target): Head | null => {
  if (latest !== null) return { id, team: key.team, version: latest.version }
  if (tombstone !== null) return { id, team: key.team, version: tombstone.version, deleted: true }
  return null
}

const isSameVersion = (a: Version, b: Version): boolean => a.epoch === b.epoch && a.revision === b.revision

const checkWrite = (write: SnapshotWrite): void => {
  checkKey(write.key)
  checkFence(write.fence)
}
