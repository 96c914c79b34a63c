import type { CollectionPlan, Commit, Outcome, Stored, Version, Write } from '@sightline/core/ports'
import { tupleKey } from '../names.ts'
import { uniqueRows } from './record-plan.ts'

/** A record or its tombstone as it stands while a batch is decided, write by write. */
export interface RecordState {
  readonly store: string
  readonly team: string
  readonly id: string
  readonly version: Version
  readonly at: number
  /** null is a tombstone. */
  readonly text: string | null
  readonly endsAt: number | null
  readonly writes: RememberedWrites
}

/** The ids of the writes that won the epoch: its first, and its last eight, the newest last. */
export interface RememberedWrites {
  readonly first: string
  readonly recent: readonly string[]
}

/** What the writes of a batch are decided on; decisions are put into it as they fall. */
export interface CommitState {
  plan(store: string): CollectionPlan
  readonly now: number
  newEpoch(): string
  /** By `recordKey`. */
  readonly records: Map<string, RecordState>
  /** By `uniqueKey`: the key of the record that holds a unique value, or last held it. */
  readonly holders: Map<string, string>
}

interface Decision {
  readonly outcome: Outcome<Stored<unknown>>
  /** The record as it is to be put, null where nothing changes. */
  readonly next: RecordState | null
}

const remembered = 8

export const recordKey = ({ store, team, id }: Pick<Write, 'store' | 'team' | 'id'>): string => tupleKey(store, team, id)

export const uniqueKey = (team: string, { path, value }: { readonly path: string; readonly value: string }): string =>
  tupleKey(path, team, value)

/** Is it there for a reader: neither deleted nor expired? */
export const isLive = (record: RecordState | undefined, now: number): record is RecordState & { readonly text: string } =>
  record !== undefined && record.text !== null && (record.endsAt === null || record.endsAt > now)

/** Decides one commit, whole or not at all, and puts what it writes into the state. */
export const decideCommit = (state: CommitState, { write, then }: Commit): Outcome<Stored<unknown>> => {
  const decision = decideWrite(state, write)
  if (decision.next === null) return decision.outcome
  const following: Decision[] = []
  for (const insert of then) {
    // Whether it still stands or not: it was written by an earlier try.
    if (state.records.has(recordKey(insert))) continue
    const follower = decideWrite(state, insert)
    if (!follower.outcome.ok) return follower.outcome
    following.push(follower)
  }
  for (const { next } of [decision, ...following]) if (next !== null) put(state, next)
  return decision.outcome
}

const put = (state: CommitState, next: RecordState): void => {
  const key = recordKey(next)
  state.records.set(key, next)
  if (next.text === null) return
  for (const unique of uniqueRows(state.plan(next.store), JSON.parse(next.text)))
    state.holders.set(uniqueKey(next.team, unique), key)
}

/** Decides one write: a repeat answers as the first did, then the version is judged, then the unique values. */
const decideWrite = (state: CommitState, write: Write): Decision => {
  const { now } = state
  const record = state.records.get(recordKey(write))
  const repeated = record === undefined ? null : repeatedRevision(record, write.writeId)
  if (record !== undefined && repeated !== null) {
    const version = { epoch: record.version.epoch, revision: repeated }
    return { outcome: { ok: true, record: toStored({ ...write, version, text: textOf(write) }) }, next: null }
  }

  const live = isLive(record, now) ? record : null
  if (!isExpected(write.expected, live)) return lost('conflict', live)

  const text = textOf(write)
  const plan = state.plan(write.store)
  const document: unknown = text === null ? null : JSON.parse(text)
  for (const unique of text === null ? [] : uniqueRows(plan, document)) {
    const holder = state.records.get(state.holders.get(uniqueKey(write.team, unique)) ?? '')
    if (isLive(holder, now) && holder !== live && holds(plan, holder, unique)) return lost('duplicate', holder)
  }

  const next: RecordState = {
    store: write.store,
    team: write.team,
    id: write.id,
    version: live === null ? { epoch: state.newEpoch(), revision: 1 } : { ...live.version, revision: live.version.revision + 1 },
    at: write.at,
    text,
    endsAt: text === null ? write.at : (plan.expiresAt?.(document as never) ?? null),
    writes: live === null ? { first: write.writeId, recent: [write.writeId] } : remember(live.writes, write.writeId),
  }
  return { outcome: { ok: true, record: toStored(next) }, next }
}

const lost = (reason: 'conflict' | 'duplicate', current: RecordState | null): Decision => ({
  outcome: { ok: false, reason, current: current === null ? null : toStored(current) },
  next: null,
})

const isExpected = (expected: Version | null, live: RecordState | null): boolean =>
  expected === null ? live === null : live?.version.epoch === expected.epoch && live.version.revision === expected.revision

const holds = (
  plan: CollectionPlan,
  holder: RecordState & { readonly text: string },
  { path, value }: { readonly path: string; readonly value: string },
): boolean => uniqueRows(plan, JSON.parse(holder.text)).some((held) => held.path === path && held.value === value)

/** Revisions grow by one with each write, so that the place among the recent ones tells the revision. */
const repeatedRevision = ({ version, writes: { first, recent } }: RecordState, writeId: string): number | null => {
  const place = recent.lastIndexOf(writeId)
  if (place !== -1) return version.revision - (recent.length - 1 - place)
  return first === writeId ? 1 : null
}

const remember = ({ first, recent }: RememberedWrites, writeId: string): RememberedWrites => ({
  first,
  recent: [...recent.slice(1 - remembered), writeId],
})

const textOf = (write: Write): string | null => (write.deleted === true ? null : JSON.stringify(write.value))

export const toStored = ({ id, team, version, at, text }: Omit<RecordState, 'store' | 'endsAt' | 'writes'>): Stored<unknown> =>
  text === null
    ? { id, team, version, deleted: true, at, value: null }
    : { id, team, version, at, value: JSON.parse(text) as unknown }
