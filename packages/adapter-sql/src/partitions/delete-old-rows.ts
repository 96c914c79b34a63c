import { sql } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { runOnce, type Script } from '../statement.ts'
import { rowTables, type TimedTable } from './partition-plan.ts'

interface OldRows {
  readonly table: TimedTable
  /** What tells its rows apart. */
  readonly key: readonly string[]
  readonly before: number
  readonly limit: number
}

/** Deletes the oldest rows that go one by one; answers with their number. */
export function* deleteOldRows(dialect: SqlDialect, { table, key, before, limit }: OldRows): Script<number> {
  let count = 0
  for (const name of rowTables(dialect, table)) {
    const columns = sql.join(key.map((column) => sql.ref(column)))
    const rows = yield* runOnce({
      compile: () =>
        sql`delete from ${sql.table(name)} where (${columns}) in
          (select ${columns} from ${sql.table(name)} where at < ${before} order by at limit ${limit - count}) returning at`.compile(
          dialect.queries,
        ),
    })
    count += rows.length
    if (count === limit) break
  }
  return count
}
