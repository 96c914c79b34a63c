import type { Path, RecordState } from '@sightline/core/driver'
import type { CollectionPlan, Commit, Outcome, Stored, Write } from '@sightline/core/ports'
import type { Change } from '../changes/change.ts'
import { announce, type SqlDialect } from '../dialect.ts'
import type { Schema } from '../schema.ts'
import { runRows, type Script } from '../statement.ts'
import { toStoredText } from '../stored-text.ts'
import { type CommitState, decideCommit, recordKey, uniqueKey } from './decide-commit.ts'
import { loadPaths } from './index-registry.ts'
import { indexRows, uniqueRows } from './record-plan.ts'
import { fromRecordRow, toRecordRow } from './record-row.ts'
import type { RecordStatements } from './record-statements.ts'

interface CommitOptions {
  readonly dialect: SqlDialect
  readonly statements: RecordStatements
  plan(store: string): CollectionPlan
  readonly now: number
  newEpoch(): string
}

/** Decides the commits in their order on what is stored and stores what changed: in all a few queries, whatever their number. */
export function* commitRecords(options: CommitOptions, commits: readonly Commit[]): Script<readonly Outcome<Stored<unknown>>[]> {
  const { dialect, statements, plan, now, newEpoch } = options
  const writes = commits.flatMap(({ write, then }) => [write, ...then])
  const keys = new Map(writes.map((write) => [recordKey(write), toStoredKey(write)]))
  if (dialect.locksRows) yield* lockRecords(statements, [...keys.values()])

  const records = yield* loadRecords(statements, [...keys.values()])
  const holders = yield* loadHolders(statements, { writes, plan, records })
  const before = new Map(records)
  const state: CommitState = { plan, now, newEpoch, records, holders: new Map(holders) }
  const outcomes = commits.map((commit) => decideCommit(state, commit))

  const changed = [...keys.keys()].flatMap((key) => {
    const next = state.records.get(key)
    return next === undefined || next === before.get(key) ? [] : [{ previous: before.get(key) ?? null, next }]
  })
  if (changed.length > 0) {
    const paths = yield* loadPaths(dialect, [...new Set(changed.map(({ next }) => next.store))])
    yield* store(statements, { changed, plan, paths, before, holders })
    yield* announce(
      dialect,
      changed.map(({ next }) => toChange(next)),
    )
  }
  return outcomes
}

const toStoredKey = ({ store, team, id }: Write) => ({
  store: toStoredText(store),
  team: toStoredText(team),
  id: toStoredText(id),
})

const toChange = ({ store, id, team, version, text }: RecordState): Change => ({
  store,
  head: { id, team, version, ...(text === null ? { deleted: true } : {}) },
})

type StoredKey = ReturnType<typeof toStoredKey>

/** In one order for everybody, so that two processes do not wait for each other. */
function* lockRecords(statements: RecordStatements, keys: readonly StoredKey[]): Script<void> {
  const inOrder = keys.map((key) => ({ key, name: recordKey(key) })).sort((a, b) => (a.name < b.name ? -1 : 1))
  yield* runRows(
    statements.lockRecords,
    inOrder.map(({ key }) => key),
  )
}

function* loadRecords(statements: RecordStatements, keys: readonly StoredKey[]): Script<Map<string, RecordState>> {
  const rows = yield* runRows(
    statements.findRecords,
    keys.map((key, ord) => ({ ...key, ord })),
  )
  return new Map(
    rows.map((row) => {
      const record = fromRecordRow(row)
      return [recordKey(record), record]
    }),
  )
}

interface HolderRequest {
  readonly writes: readonly Write[]
  plan(store: string): CollectionPlan
  /** The holders are added. */
  readonly records: Map<string, RecordState>
}

function* loadHolders(
  statements: RecordStatements,
  { writes, plan, records }: HolderRequest,
): Script<ReadonlyMap<string, string>> {
  const wanted = writes.flatMap(({ store, team, value, deleted }) =>
    deleted === true ? [] : uniqueRows(plan(store), value).map((unique) => ({ store, team, ...unique })),
  )
  const rows = yield* runRows(
    statements.findHolders,
    wanted.map(({ store, team, path, value }, ord) => ({
      ord,
      store: toStoredText(store),
      team: toStoredText(team),
      path,
      value,
    })),
  )
  return new Map(
    rows.map((row) => {
      const holder = fromRecordRow(row)
      const key = recordKey(holder)
      if (!records.has(key)) records.set(key, holder)
      return [uniqueKey(holder.team, wanted[row.ord] as (typeof wanted)[number]), key]
    }),
  )
}

interface Changes {
  readonly changed: readonly { readonly previous: RecordState | null; readonly next: RecordState }[]
  plan(store: string): CollectionPlan
  readonly paths: ReadonlyMap<string, readonly Path[]>
  readonly before: ReadonlyMap<string, RecordState>
  readonly holders: ReadonlyMap<string, string>
}

/** Writes the records, and of their index rows and unique values what is different. */
function* store(statements: RecordStatements, { changed, plan, paths, before, holders }: Changes): Script<void> {
  const keys = rowChanges<Schema['record_keys']>(
    ({ path, key, team, id }) => `${path}|${Buffer.from(key).toString('latin1')}|${team}|${id}`,
  )
  const uniques = rowChanges<Schema['record_uniques']>(({ path, value, team, id }) => `${path}|${value}|${team}|${id}`)
  for (const { previous, next } of changed) {
    const owner = { team: toStoredText(next.team), id: toStoredText(next.id) }
    const ownPaths = paths.get(next.store) ?? []
    for (const { record, add } of [
      { record: previous, add: false },
      { record: next, add: true },
    ]) {
      if (record === null || record.text === null) continue
      const document: unknown = JSON.parse(record.text)
      for (const row of indexRows(next.store, ownPaths, document)) keys[add ? 'add' : 'remove']({ ...row, ...owner })
      for (const row of uniqueRows(plan(next.store), document)) {
        uniques[add ? 'add' : 'remove']({ ...row, ...owner })
        // Whoever else is noted as its holder no longer lives, or the decision would have been another.
        const holder = add ? before.get(holders.get(uniqueKey(next.team, row)) ?? '') : undefined
        if (holder !== undefined) uniques.remove({ ...row, team: owner.team, id: toStoredText(holder.id) })
      }
    }
  }
  const rows = changed.map(({ previous, next }) => ({ isNew: previous === null, row: toRecordRow(next) }))
  yield* runRows(
    statements.insertRecords,
    rows.flatMap(({ isNew, row }) => (isNew ? [row] : [])),
  )
  yield* runRows(
    statements.updateRecords,
    rows.flatMap(({ isNew, row }) => (isNew ? [] : [row])),
  )
  yield* runRows(statements.deleteKeys, keys.removed())
  yield* runRows(statements.insertKeys, keys.added())
  yield* runRows(statements.deleteUniques, uniques.removed())
  yield* runRows(statements.insertUniques, uniques.added())
}

/** Collects rows to remove and to add; one that is both is left alone. */
const rowChanges = <Row>(nameOf: (row: Row) => string) => {
  const toRemove = new Map<string, Row>()
  const toAdd = new Map<string, Row>()
  const without = (rows: ReadonlyMap<string, Row>, others: ReadonlyMap<string, Row>): readonly Row[] =>
    [...rows].flatMap(([name, row]) => (others.has(name) ? [] : [row]))
  return {
    remove: (row: Row): void => void toRemove.set(nameOf(row), row),
    add: (row: Row): void => void toAdd.set(nameOf(row), row),
    removed: () => without(toRemove, toAdd),
    added: () => without(toAdd, toRemove),
  }
}
