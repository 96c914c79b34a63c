import { decideRecord, isLive, type RecordState, toStored, tupleKey } from '@sightline/core/driver'
import type { CollectionPlan, Commit, Outcome, Stored, Write } from '@sightline/core/ports'
import { uniqueRows } from './record-plan.ts'

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

export const recordKey = ({ store, team, id }: Pick<Write, 'store' | 'team' | 'id'>): string => tupleKey(store, team, id)

export const uniqueKey = (team: string, { path, value }: { readonly path: string; readonly value: string }): string =>
  tupleKey(path, team, value)

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

/** Decides one write as `decideRecord` does, then the unique values. */
const decideWrite = (state: CommitState, write: Write): Decision => {
  const { now, newEpoch } = state
  const plan = state.plan(write.store)
  const record = state.records.get(recordKey(write))
  const expiresAt = (value: unknown): number | null => plan.expiresAt?.(value as never) ?? null
  const decision = decideRecord({ record, write, now, expiresAt, newEpoch })
  if (decision.kind === 'repeated') return { outcome: { ok: true, record: decision.record }, next: null }
  if (decision.kind === 'conflict') return lost('conflict', decision.live)

  const { next } = decision
  const uniques = next.text === null || plan.unique === undefined ? [] : uniqueRows(plan, JSON.parse(next.text))
  for (const unique of uniques) {
    const holder = state.records.get(state.holders.get(uniqueKey(write.team, unique)) ?? '')
    if (isLive(holder, now) && holder !== record && holds(plan, holder, unique)) return lost('duplicate', holder)
  }
  return { outcome: { ok: true, record: toStored(next) }, next }
}

const lost = (reason: 'conflict' | 'duplicate', current: RecordState | null): Decision => ({
  outcome: { ok: false, reason, current: current === null ? null : toStored(current) },
  next: null,
})

const holds = (
  plan: CollectionPlan,
  holder: RecordState & { readonly text: string },
  { path, value }: { readonly path: string; readonly value: string },
): boolean => uniqueRows(plan, JSON.parse(holder.text)).some((held) => held.path === path && held.value === value)
