import type { SqlDialect } from './dialect.ts'
import { addToIndex, createLogIndex } from './logs/log-index.ts'
import { tokensOf } from './logs/log-tokens.ts'
import { shorten } from './records/record-plan.ts'
import type { Script } from './statement.ts'

interface StoredLine {
  readonly seq: number
  readonly team: string
  readonly service: string
  readonly severity: number
  readonly terms: string
}

const linesAtOnce = 1_000

/**
 * SQLite: what lines are found by stands in the full-text index as it is, no longer as hexadecimal digits of twice the length; and the
 * indexes over time are gone, because a line's key grows with time. So a line costs half as much to store. The index is made anew from the
 * lines, which takes about a minute for two million of them.
 */
export function* versionFive(dialect: SqlDialect): Script<void> {
  if (dialect.name !== 'sqlite') return
  const p = dialect.tablePrefix
  const statements = [
    `drop index ${p}logs_at`,
    `drop index ${p}logs_team`,
    `drop index ${p}logs_service`,
    `drop table ${p}log_index`,
    createLogIndex(dialect),
    `create index ${p}logs_of_team on ${p}logs (team)`,
  ]
  for (const sql of statements) yield { sql, values: [], reusable: false }
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const lines = (yield {
      sql: `select seq, team, service, severity, terms from ${p}logs where seq > ? order by seq limit ${linesAtOnce}`,
      values: [after],
      reusable: true,
    }) as readonly StoredLine[]
    yield* addToIndex(
      dialect,
      lines.map(({ terms, ...line }) => ({
        seq: line.seq,
        tokens: tokensOf({ ...line, terms: (JSON.parse(terms) as readonly string[]).map(shorten) }),
      })),
    )
    if (lines.length < linesAtOnce) return
    after = lines.at(-1)?.seq ?? after
  }
}
