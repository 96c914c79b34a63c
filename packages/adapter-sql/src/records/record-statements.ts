import type { SqlDialect } from '../dialect.ts'
import { integer, rowList } from '../row-list.ts'
import type { Schema } from '../schema.ts'
import { prepareRows } from '../statement.ts'

/** A record by its names, as stored. */
export interface StoredRecordKey {
  readonly store: string
  readonly team: string
  readonly id: string
}

type WantedRecord = StoredRecordKey & { readonly ord: number }

interface WantedUnique {
  readonly ord: number
  readonly store: string
  readonly path: string
  readonly team: string
  readonly value: string
}

export type RecordStatements = ReturnType<typeof recordStatements>

const recordColumns = ['r.store', 'r.team', 'r.id', 'r.epoch', 'r.revision', 'r.at', 'r.value', 'r.ends_at', 'r.writes'] as const

/** The compiled queries of commits and of loads by id. */
export const recordStatements = ({ queries, rowsPerStatement, locksRows }: SqlDialect) => ({
  findRecords: prepareRows(rowsPerStatement, (wanted: readonly WantedRecord[]) => {
    const [first] = wanted as readonly [WantedRecord]
    const one = queries
      .selectFrom('records as r')
      .where('r.store', '=', first.store)
      .where('r.team', '=', first.team)
      .where('r.id', '=', first.id)
      .select(recordColumns)
      .select(integer(first.ord).as('ord'))
    if (wanted.length === 1) return one
    return queries
      .with('w(ord, store, team, id)', () =>
        rowList<WantedRecord>(wanted.map(({ ord, store, team, id }) => [integer(ord), store, team, id])),
      )
      .selectFrom('w')
      .innerJoin('records as r', (join) =>
        join.onRef('r.store', '=', 'w.store').onRef('r.team', '=', 'w.team').onRef('r.id', '=', 'w.id'),
      )
      .select(recordColumns)
      .select('w.ord')
  }),

  lockRecords: prepareRows(rowsPerStatement, (wanted: readonly StoredRecordKey[]) => {
    const query = queries
      .selectFrom('records')
      .select('id')
      .where(({ or, and }) => or(wanted.map(({ store, team, id }) => and({ store, team, id }))))
      .orderBy('store')
      .orderBy('team')
      .orderBy('id')
    return locksRows ? query.forUpdate() : query
  }),

  /** The records that hold the values, or last held them. */
  findHolders: prepareRows(rowsPerStatement, (wanted: readonly WantedUnique[]) =>
    queries
      .with('wanted(ord, store, path, team, value)', () => {
        const rows = wanted.map(({ ord, store, path, team, value }) => [integer(ord), store, path, team, value])
        return rowList<WantedUnique>(rows)
      })
      .selectFrom('wanted as w')
      .innerJoin('record_uniques as u', (join) =>
        join.onRef('u.path', '=', 'w.path').onRef('u.team', '=', 'w.team').onRef('u.value', '=', 'w.value'),
      )
      .innerJoin('records as r', (join) =>
        join.onRef('r.store', '=', 'w.store').onRef('r.team', '=', 'u.team').onRef('r.id', '=', 'u.id'),
      )
      .select('w.ord')
      .select(recordColumns),
  ),

  /** Fails where a record is there already. */
  insertRecords: prepareRows(rowsPerStatement, (records: readonly Schema['records'][]) =>
    queries.insertInto('records').values(records.map(toValues)),
  ),

  /** For records that are there. */
  updateRecords: prepareRows(rowsPerStatement, (records: readonly Schema['records'][]) =>
    queries
      .insertInto('records')
      .values(records.map(toValues))
      .onConflict((conflict) =>
        conflict.columns(['store', 'team', 'id']).doUpdateSet((eb) => ({
          epoch: eb.ref('excluded.epoch'),
          revision: eb.ref('excluded.revision'),
          at: eb.ref('excluded.at'),
          value: eb.ref('excluded.value'),
          ends_at: eb.ref('excluded.ends_at'),
          writes: eb.ref('excluded.writes'),
        })),
      ),
  ),

  insertKeys: prepareRows(rowsPerStatement, (keys: readonly Schema['record_keys'][]) =>
    queries
      .insertInto('record_keys')
      .values(keys.map(({ path, team, key, id }) => ({ path, team, key, id })))
      .onConflict((conflict) => conflict.doNothing()),
  ),

  deleteKeys: prepareRows(rowsPerStatement, (keys: readonly Schema['record_keys'][]) =>
    queries
      .deleteFrom('record_keys')
      .where(({ or, and }) => or(keys.map(({ path, team, key, id }) => and({ path, team, key, id })))),
  ),

  /** Fails where the value is held. */
  insertUniques: prepareRows(rowsPerStatement, (uniques: readonly Schema['record_uniques'][]) =>
    queries.insertInto('record_uniques').values(uniques.map(({ path, team, value, id }) => ({ path, team, value, id }))),
  ),

  /** Of records that share a value already, the first keeps it. */
  keepUniques: prepareRows(rowsPerStatement, (uniques: readonly Schema['record_uniques'][]) =>
    queries
      .insertInto('record_uniques')
      .values(uniques.map(({ path, team, value, id }) => ({ path, team, value, id })))
      .onConflict((conflict) => conflict.doNothing()),
  ),

  deleteUniques: prepareRows(rowsPerStatement, (uniques: readonly Schema['record_uniques'][]) =>
    queries
      .deleteFrom('record_uniques')
      .where(({ or, and }) => or(uniques.map(({ path, team, value, id }) => and({ path, team, value, id })))),
  ),
})

// Written out, because while a statement is compiled the rows are places that cannot be spread.
const toValues = ({ store, team, id, epoch, revision, at, value, ends_at, writes }: Schema['records']): Schema['records'] => ({
  store,
  team,
  id,
  epoch,
  revision,
  at,
  value,
  ends_at,
  writes,
})
