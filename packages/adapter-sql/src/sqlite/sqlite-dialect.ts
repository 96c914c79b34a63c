import { SqliteAdapter, SqliteQueryCompiler } from 'kysely'
import { queryBuilder, type SqlDialect } from '../dialect.ts'

/** `isShared`: others write through the same connection, which no counter of it tells apart. */
export const sqliteDialect = (tablePrefix: string, { isShared }: { readonly isShared: boolean }): SqlDialect => ({
  name: 'sqlite',
  queries: queryBuilder(tablePrefix, { adapter: new SqliteAdapter(), compiler: () => new SqliteQueryCompiler() }),
  tablePrefix,
  types: {
    id: 'integer primary key',
    reference: 'integer',
    revision: 'integer',
    time: 'integer',
    text: 'text',
    bytes: 'blob',
    clustered: ' without rowid',
  },
  locksRows: false,
  isPartitioned: false,
  // There is no round trip to save, and a statement over one row is planned best.
  rowsPerStatement: [1],
  takesArrays: false,
  migrationLock: null,
  changeCounter: isShared ? null : { sql: 'pragma data_version', values: [], reusable: true },
  findTable: (name) => ({
    sql: `select 1 from sqlite_master where type = 'table' and name = ?`,
    values: [name],
    reusable: false,
  }),
  announce: null,
  channel: null,
})
