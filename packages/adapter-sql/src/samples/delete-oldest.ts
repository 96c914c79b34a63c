import type { SqlDialect } from '../dialect.ts'
import type { Script } from '../statement.ts'

interface OldestRows {
  /** 0: points; else the rollups of it. */
  readonly resolutionMs: number
  readonly before: number
  readonly limit: number
}

/**
 * Deletes the oldest rows of all series by the primary keys, which begin with the series: no index over the times alone is needed, which
 * would take a tenth of the file. Where one series holds most of what is old, each round looks twice as far as the one before.
 */
export function* deleteOldest(dialect: SqlDialect, { resolutionMs, before, limit }: OldestRows): Script<number> {
  const { findReach, deleteUpTo } = statementsOf(dialect, resolutionMs)
  const own = resolutionMs === 0 ? [] : [resolutionMs]
  const [{ last } = { last: null }] = (yield {
    sql: `select max(id) as last from ${dialect.tablePrefix}series`,
    values: [],
    reusable: true,
  }) as readonly { readonly last: number | null }[]
  if (last === null) return 0

  let deleted = 0
  for (let rowsOfEach = Math.ceil((2 * limit) / last) + 1; ; rowsOfEach *= 2) {
    // Up to here no series has more old rows than that; null where none has so many.
    const [row] = (yield { sql: findReach, values: [...own, before, rowsOfEach - 1], reusable: true }) as readonly {
      readonly reach: number | null
    }[]
    const reach = row?.reach ?? null
    const rows = yield { sql: deleteUpTo, values: [...own, ...own, before, reach ?? before, limit - deleted], reusable: true }
    deleted += rows.length
    if (reach === null || deleted >= limit) return deleted
  }
}

const statementsOf = ({ tablePrefix: p }: SqlDialect, resolutionMs: number) => {
  const [table, time, own] = resolutionMs === 0 ? [`${p}samples`, 'at', ''] : [`${p}buckets`, 'start', 'resolution_ms = ? and ']
  return {
    findReach: `select min((select ${time} from ${table}
      where ${own}series = s.id and ${time} < ? order by ${time} limit 1 offset ?)) as reach from ${p}series s`,
    deleteUpTo: `delete from ${table} where ${own}(series, ${time}) in (
      select r.series, r.${time} from ${p}series s cross join ${table} r
      where ${own}r.series = s.id and r.${time} < ? and r.${time} <= ? order by r.${time} limit ?) returning series`,
  }
}
