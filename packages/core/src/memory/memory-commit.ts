import { checkWrite } from '../driver/check-write.ts'
import { decideRecord, isLive, type RecordState, toStored } from '../driver/decide-record.ts'
import { tupleKey } from '../driver/names.ts'
import { SightlineError } from '../errors.ts'
import type { CollectionPlan, Commit, Stored, Write } from '../ports/collections.ts'
import type { Head, Outcome } from '../ports/identity.ts'
import { type CollectionRows, type Row, recordKey, toHead } from './memory-collections.ts'

interface CommitOptions {
  /** The plan and the rows of a collection. Throws `INVALID_INPUT` where it is not in the plan. */
  collection(name: string): { readonly plan: CollectionPlan; readonly rows: CollectionRows }
  now(): number
  newEpoch(): string
  changed(store: string, head: Head): void
}

/** Writes commits, each whole or not at all, in order. Refuses all of them where one is malformed. */
export const memoryCommit =
  ({ collection, now, newEpoch, changed }: CommitOptions) =>
  (commits: readonly Commit[]): readonly Outcome<Stored<unknown>>[] => {
    const decide = (write: Write): Decision => {
      const { plan, rows } = collection(write.store)
      return decideWrite({ write, plan, rows, now: now(), newEpoch })
    }

    const put = ({ store, row, uniques }: NonNullable<Decision['next']>): void => {
      const { rows } = collection(store)
      const key = recordKey(row.team, row.id)
      if (!rows.byKey.has(key)) rows.ordered.put(row)
      rows.byKey.set(key, row)
      for (const unique of uniques) rows.holders.set(unique, key)
      changed(store, toHead(row))
    }

    const commitOne = ({ write, then }: Commit): Outcome<Stored<unknown>> => {
      const decision = decide(write)
      if (decision.next === null) return decision.outcome
      const following = then.filter((insert) => !isThere(collection(insert.store).rows, insert)).map(decide)
      const refused = following.find(({ outcome }) => !outcome.ok)
      if (refused !== undefined) return refused.outcome
      put(decision.next)
      for (const { next } of following) if (next !== null) put(next)
      return decision.outcome
    }

    for (const { write, then } of commits) {
      const uniques = [write, ...then].flatMap((each) => {
        const { plan } = collection(each.store)
        checkWrite(each)
        return each.deleted === true ? [] : uniqueKeys(plan, each).map((unique) => tupleKey(each.store, unique))
      })
      if (new Set(uniques).size < uniques.length) {
        throw new SightlineError('INVALID_INPUT', `A commit to ${write.store} gives one unique value to two records.`)
      }
    }
    return commits.map(commitOne)
  }

interface Decision {
  readonly outcome: Outcome<Stored<unknown>>
  /** The row as it is to be put, null where nothing changes. */
  readonly next: { readonly store: string; readonly row: Row; readonly uniques: readonly string[] } | null
}

interface DecideOptions {
  readonly write: Write
  readonly plan: CollectionPlan
  readonly rows: CollectionRows
  readonly now: number
  newEpoch(): string
}

/** Decides one write as `decideRecord` does, then the unique values. */
const decideWrite = ({ write, plan, rows, now, newEpoch }: DecideOptions): Decision => {
  const row = rows.byKey.get(recordKey(write.team, write.id))
  const expiresAt = (value: unknown): number | null => plan.expiresAt?.(value as never) ?? null
  const decision = decideRecord({ record: row, write, now, expiresAt, newEpoch })
  if (decision.kind === 'repeated') return { outcome: { ok: true, record: decision.record }, next: null }
  if (decision.kind === 'conflict') return lost('conflict', decision.live)

  const uniques = write.deleted === true ? [] : uniqueKeys(plan, write)
  for (const unique of uniques) {
    const holder = rows.byKey.get(rows.holders.get(unique) ?? '')
    const isHeld =
      isLive(holder, now) && holder !== row && uniqueKeys(plan, { team: holder.team, value: holder.document }).includes(unique)
    if (isHeld) return lost('duplicate', holder)
  }

  const { next } = decision
  // Every reader is handed this very one.
  Object.freeze(next.version)
  const document: unknown = next.text === null ? null : JSON.parse(next.text)
  return { outcome: { ok: true, record: toStored(next) }, next: { store: write.store, row: { ...next, document }, uniques } }
}

const lost = (reason: 'conflict' | 'duplicate', current: RecordState | null): Decision => ({
  outcome: { ok: false, reason, current: current === null ? null : toStored(current) },
  next: null,
})

/** Was it written by an earlier try, whether it still stands or not? */
const isThere = ({ byKey }: CollectionRows, { team, id }: Write): boolean => byKey.has(recordKey(team, id))

const uniqueKeys = (plan: CollectionPlan, { team, value }: Pick<Write, 'team' | 'value'>): readonly string[] =>
  Object.entries(plan.unique ?? {}).flatMap(([name, uniqueValue]) => {
    const unique = uniqueValue(value as never)
    return unique === null ? [] : [tupleKey(name, team, unique)]
  })
