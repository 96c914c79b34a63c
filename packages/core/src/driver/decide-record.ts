import type { Stored, Write } from '../ports/collections.ts'
import type { Version } from '../ports/identity.ts'

/** How many of its latest writes a record or an epoch of a target remembers beside its first. */
export const rememberedWrites = 8

/** A record or its tombstone as it stands while a write is decided. */
export interface RecordState {
  readonly store: string
  readonly team: string
  readonly id: string
  readonly version: Version
  readonly at: number
  /** JSON; null is a tombstone. */
  readonly text: string | null
  /** When it was deleted, or when it expires; ms since the Unix epoch. */
  readonly endsAt: number | null
  readonly writes: RememberedWrites
}

/** The ids of the writes that won the epoch: its first, and its last eight, the newest last. */
export interface RememberedWrites {
  readonly first: string
  readonly recent: readonly string[]
}

/** How a write of a record ends. */
export type RecordDecision =
  /** Answered as the first try was; nothing is written. */
  | { readonly kind: 'repeated'; readonly record: Stored<unknown> }
  /** What stands there, null where nothing live does. */
  | { readonly kind: 'conflict'; readonly live: RecordState | null }
  /** The record as it is to be put, unless another one holds a unique value of it. */
  | { readonly kind: 'write'; readonly next: RecordState }

/** One write, and what it is decided on. */
export interface DecideRecordOptions {
  /** What is stored under the write's id, undefined where nothing ever was. */
  readonly record: RecordState | undefined
  readonly write: Write
  /** The storage's time, ms since the Unix epoch. */
  readonly now: number
  /** When the written value expires, ms since the Unix epoch; null for never. */
  expiresAt(value: unknown): number | null
  /** Asked where the write begins an epoch; never the same string twice. */
  newEpoch(): string
}

/**
 * Decides one write on what is stored: a repeat answers as the first did, then the version is judged. Unique values are the caller's.
 *
 * @example
 * const decision = decideRecord({ record, write, now, newEpoch, expiresAt: (value) => plan.expiresAt?.(value as never) ?? null })
 * if (decision.kind === 'conflict') return { ok: false, reason: 'conflict', current: decision.live && toStored(decision.live) }
 */
export const decideRecord = ({ record, write, now, expiresAt, newEpoch }: DecideRecordOptions): RecordDecision => {
  const repeated = record === undefined ? null : repeatedRevision(record.version.revision, record.writes, write.writeId)
  if (record !== undefined && repeated !== null) {
    const version = { epoch: record.version.epoch, revision: repeated }
    return { kind: 'repeated', record: toStored({ ...write, version, text: textOf(write) }) }
  }
  const live = isLive(record, now) ? record : null
  if (!isExpected(write.expected, live?.version ?? null)) return { kind: 'conflict', live }
  const text = textOf(write)
  const next: RecordState = {
    store: write.store,
    team: write.team,
    id: write.id,
    version: live === null ? { epoch: newEpoch(), revision: 1 } : { ...live.version, revision: live.version.revision + 1 },
    at: write.at,
    text,
    endsAt: text === null ? write.at : expiresAt(JSON.parse(text)),
    writes: live === null ? { first: write.writeId, recent: [write.writeId] } : rememberWrite(live.writes, write.writeId),
  }
  return { kind: 'write', next }
}

/** Is it there for a reader: neither deleted nor expired? */
export const isLive = (record: RecordState | undefined, now: number): record is RecordState & { readonly text: string } =>
  record !== undefined && record.text !== null && (record.endsAt === null || record.endsAt > now)

/** The revision that a remembered write made. Revisions grow by one with each write, so that the place among the recent ones tells it. */
export const repeatedRevision = (revision: number, { first, recent }: RememberedWrites, writeId: string): number | null => {
  const place = recent.lastIndexOf(writeId)
  if (place !== -1) return revision - (recent.length - 1 - place)
  return first === writeId ? 1 : null
}

/** The memory with one more write in it; beyond eight the oldest is forgotten, but never the first. */
export const rememberWrite = ({ first, recent }: RememberedWrites, writeId: string): RememberedWrites => ({
  first,
  recent: [...recent.slice(1 - rememberedWrites), writeId],
})

/** The record as a reader is given it; a tombstone's value is null. */
export const toStored = ({ id, team, version, at, text }: Omit<RecordState, 'store' | 'endsAt' | 'writes'>): Stored<unknown> =>
  text === null
    ? { id, team, version, deleted: true, at, value: null }
    : { id, team, version, at, value: JSON.parse(text) as unknown }

const textOf = (write: Write): string | null => (write.deleted === true ? null : JSON.stringify(write.value))

/** Does the version stand there that a write expects? Null expects nothing live. */
export const isExpected = (expected: Version | null, live: Version | null): boolean =>
  expected === null ? live === null : live?.epoch === expected.epoch && live.revision === expected.revision
